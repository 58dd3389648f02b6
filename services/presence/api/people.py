"""``/users``, ``/me`` and ``/stats``: who is there. Without Redis that is ``unknown``, never wrong."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router
from redis.exceptions import RedisError

from libs.common.errors import BadFrame, ParleyError, PermissionDenied, Timeout, Unavailable
from libs.common.events import PersonPresence
from libs.common.http.bodies import answer, documented, read_query
from libs.common.http.credentials import holder_of
from libs.common.ids import uuid_of
from services.presence.api.parts import Parts, parts_of
from services.presence.selectors import statuses
from services.presence.selectors.statuses import OwnStatus, PersonStatus
from services.presence.store.reading import Connected, Totals, connected, totals
from services.presence.store.sessions import Known

IDS = 200
"""Most people of one question."""

router = Router(tags=["presence"])
T = TypeVar("T")


class PeopleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``ids``: of people, with commas between them."""

    ids: str


class PeoplePresence(msgspec.Struct, frozen=True, kw_only=True):
    """Some people, in the order in which they were asked for."""

    users: list[PersonStatus]


@router.get("/users", **documented(query=PeopleQuery, answers={200: PeoplePresence}))
async def show_people(request: HttpRequest) -> HttpResponse:
    """Show whether people are there with whom one shares a room; at most 200.

    `last_seen` is null for who is there, and where they, or oneself, keep it to themselves. Staff may
    ask about anybody, but of strangers not `last_seen`.
    """
    ids = _ids(read_query(request, PeopleQuery).ids)
    parts, caller = parts_of(request), holder_of(request)
    seen = await parts.database.run(
        statuses.seen_by, user_id=caller.sub, ids=ids, is_staff=caller.staff
    )
    if seen is None:
        raise PermissionDenied("You share no room with one of these people.")
    found = await _look(parts, seen.known)
    return answer(PeoplePresence(users=statuses.get_user_status(seen, found)))


@router.get("/me", **documented(answers={200: OwnStatus}))
async def show_me(request: HttpRequest) -> HttpResponse:
    """Show how others see oneself, and one's connections."""
    parts, caller = parts_of(request), holder_of(request).sub
    own = await parts.database.run(statuses.written_of, caller)
    found = await _look(parts, [own.known])
    live = await _live(parts, caller)
    return answer(statuses.own_status(own, found, live))


@router.get("/stats", **documented(answers={200: Totals}))
async def show_totals(request: HttpRequest) -> HttpResponse:
    """Show how many people are there. For staff."""
    if not holder_of(request).staff:
        raise PermissionDenied("This is for staff.")
    parts = parts_of(request)
    try:
        return answer(await parts.breaker.call(lambda: totals(parts.redis)))
    except (RedisError, Timeout) as error:
        raise Unavailable from error


async def _look(parts: Parts, known: Sequence[Known]) -> Sequence[PersonPresence]:
    """Return how people are; nothing where Redis does not say."""
    found = await _unless_away(parts, lambda: parts.store.look(known, and_tell=False))
    return found or ()


async def _live(parts: Parts, user: str) -> Connected | None:
    found = await _unless_away(parts, lambda: connected(parts.redis, [user]))
    return found[0] if found else None


async def _unless_away(parts: Parts, ask: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await parts.breaker.call(ask)
    except (RedisError, ParleyError):  # counted by the breaker
        return None


def _ids(text: str) -> list[str]:
    ids = list(dict.fromkeys(text.split(",")))
    if len(ids) > IDS or not all(uuid_of(each) for each in ids):
        wanted = f"Expected 1 to {IDS} ids of people, as they were told, with commas between them."
        raise BadFrame(fields={"ids": [wanted]})
    return ids
