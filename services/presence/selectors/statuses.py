"""How people are, as one of them may see it."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec

from libs.common.clock import instant_of, to_wire
from libs.common.events import PersonPresence
from services.presence.domain.last_seen import may_see_last_seen
from services.presence.models import UserStatus
from services.presence.selectors.people import (
    acquaintances_among,
    known_of,
    last_seen_setting,
    status_of,
    written,
)
from services.presence.store.reading import Connected
from services.presence.store.sessions import Known


class PersonStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person is there; ``unknown`` where that cannot be told."""

    id: str
    status: Literal["online", "away", "offline", "unknown"]
    last_seen: str | None


class OwnStatus(PersonStatus, frozen=True, kw_only=True):
    """Oneself: when one last did anything, the newest heartbeat, how many connections one has."""

    last_activity: str | None
    last_ping: str | None
    active_connections: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """People, and of whom of them it may be seen when they were there last."""

    known: list[Known]
    showing: frozenset[str]


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of oneself; ``row`` is None where nothing is."""

    known: Known
    row: UserStatus | None


def seen_by(*, user_id: str, ids: Sequence[str], is_staff: bool = False) -> Seen | None:
    """Return people as somebody may see them; None where they share no room with one of them.

    Staff may see strangers, but not when these were there last.
    """
    others = [each for each in ids if each != user_id]
    found = acquaintances_among(user_id=user_id, ids=others)
    if len(found) != len(others) and not is_staff:
        return None
    viewer = last_seen_setting(user_id)
    showing = {
        each.user
        for each in found
        if may_see_last_seen(viewer=viewer, owner=each.last_seen, are_contacts=each.are_contacts)
    }
    return Seen(known=written(ids), showing=frozenset({user_id, *showing}))


def get_user_status(seen: Seen, found: Sequence[PersonPresence]) -> list[PersonStatus]:
    """Return how people are by what Redis says of them; who is missing there is unknown."""
    by_user = {each.user: each for each in found}
    return [
        _status(each.user, by_user.get(each.user), is_showing=each.user in seen.showing)
        for each in seen.known
    ]


def written_of(user: str) -> Own:
    """Return what is written of somebody."""
    row = status_of(user)
    return Own(known=known_of(user, row), row=row)


def own_status(own: Own, found: Sequence[PersonPresence], live: Connected | None) -> OwnStatus:
    """Return how somebody is to themselves; without Redis, as it was written last."""
    shown = _status(own.known.user, next(iter(found), None), is_showing=True)
    row = own.row
    return OwnStatus(
        id=shown.id,
        status=shown.status,
        last_seen=shown.last_seen,
        last_activity=_newest(
            live.last_activity_ms if live else None, row.last_activity if row else None
        ),
        last_ping=_newest(live.last_ping_ms if live else None, row.last_ping if row else None),
        active_connections=live.connections if live else 0,
    )


def _status(user: str, found: PersonPresence | None, *, is_showing: bool) -> PersonStatus:
    if found is None:
        return PersonStatus(id=user, status="unknown", last_seen=None)
    last_seen = found.last_seen_ms if is_showing else None
    return PersonStatus(id=user, status=found.status, last_seen=_newest(last_seen, None))


def _newest(at_ms: int | None, instant: dt.datetime | None) -> str | None:
    times = [] if instant is None else [instant]
    if at_ms is not None:
        times.append(instant_of(at_ms))
    return to_wire(max(times)) if times else None
