"""``/dead-letters``: messages that chat refused three times. For staff."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta
from ninja import Router

from libs.common.errors import NotFound
from libs.common.http.bodies import answer, documented, no_content, read_query
from services.queue.actions.outgoing import discard_dead_letters, replay_dead_letters
from services.queue.api.parts import parts_of
from services.queue.api.staff import check_staff
from services.queue.selectors.waiting import DeadLetter, dead_letters

PAGE = 50
LONGEST_PAGE = 100

router = Router(tags=["dead letters"])


class DeadLettersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE)] = PAGE


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """A page of them, the oldest first."""

    dead_letters: list[DeadLetter]
    next: int | None


@router.get("/dead-letters", **documented(query=DeadLettersQuery, answers={200: DeadLetters}))
async def list_dead_letters(request: HttpRequest) -> HttpResponse:
    """Show messages that were given up."""
    check_staff(request)
    query = read_query(request, DeadLettersQuery)
    found = await parts_of(request).database.run(dead_letters, after=query.after, limit=query.limit)
    has_more = len(found) == query.limit
    return answer(DeadLetters(dead_letters=found, next=found[-1].id if has_more else None))


@router.post("/dead-letters/{int:number}/replay", **documented(answers={204: None}))
async def replay_dead_letter(request: HttpRequest, number: int) -> HttpResponse:
    """Try a message again: three times more."""
    check_staff(request)
    parts = parts_of(request)
    if not await parts.database.run(replay_dead_letters, [number], now=parts.clock.now()):
        raise NotFound
    parts.submissions.poke()
    return no_content()


@router.delete("/dead-letters/{int:number}", **documented(answers={204: None}))
async def discard_dead_letter(request: HttpRequest, number: int) -> HttpResponse:
    """Let a message rest for good."""
    check_staff(request)
    parts = parts_of(request)
    if not await parts.database.run(discard_dead_letters, [number], now=parts.clock.now()):
        raise NotFound
    return no_content()
