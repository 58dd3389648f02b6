"""Many people and many rooms, each made in one statement."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from tests.integration.chat.world import Person


class House(Protocol):
    """A database of chat, and who signs tokens for it: a ``World``, or less."""

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]: ...
    def token(self, user: str, sid: str, name: str) -> str: ...


def many_people(house: House, count: int) -> list[Person]:
    """Make users who are signed in."""
    users, sids = ([str(uuid.uuid4()) for _ in range(count)] for _ in range(2))
    names = [f"p{user[:8]}{sid[:8]}" for user, sid in zip(users, sids, strict=True)]
    house.rows(
        "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
        " is_superuser) select id, name, 'Somebody', '!', true, false, false"
        " from unnest(%s::uuid[], %s::text[]) made (id, name)",
        *(users, names),
    )
    house.rows(
        "insert into sign_in (id, user_id, session_key, user_agent)"
        " select sid, id, '', '' from unnest(%s::uuid[], %s::uuid[]) made (sid, id)",
        *(sids, users),
    )
    return [
        Person(user, name, sid, house.token(user, sid, name))
        for user, sid, name in zip(users, sids, names, strict=True)
    ]


def many_rooms(house: House, casts: Sequence[Iterable[Person]], *, told: bool = False) -> list[str]:
    """Make a group room for each cast.

    Args:
        house: where.
        casts: who is in each of them.
        told: whether the other services are told of them.
    """
    rooms = [str(uuid.uuid4()) for _ in casts]
    members = [(room, one.id) for room, cast in zip(rooms, casts, strict=True) for one in cast]
    house.rows(
        "insert into room (id, kind, name, open_history, version, last_seq)"
        " select id, 'group', 'A room', false, 1, 0 from unnest(%s::uuid[]) made (id)",
        rooms,
    )
    house.rows(
        "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
        " select room, who, 'member', 0, 0, 0 from unnest(%s::uuid[], %s::uuid[]) made (room, who)",
        *([room for room, _ in members], [user for _, user in members]),
    )
    if told:
        house.rows(
            "insert into outbox (event, subjects, first_seqs, last_seqs)"
            " values ('room.changed', %s::uuid[], '{}', '{}')",
            rooms,
        )
    return rooms
