"""Keeps who is in which room, and people's privacy, as chat tells it: the newest of each."""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from libs.common.events import LastSeenTo, RoomChanged, RoomSnapshot

Privacies = dict[str, tuple[LastSeenTo, int]]
"""To whom people show when they were there last, and the version of their profile, by user."""


@transaction.atomic
def set_members(rooms: Sequence[RoomChanged | RoomSnapshot], privacies: Privacies) -> None:
    """Take over the members of rooms and the privacy of people, where they are newer.

    Idempotent; the order of calls does not matter. Of a room, the newest has to be given.

    Args:
        rooms: each room once.
        privacies: people who are told of, their newest.
    """
    changed = _newer(sorted(rooms, key=lambda event: event.room))
    if changed:
        _replace_members([event for event in rooms if event.room in changed])
    _set_privacies(privacies)


def _newer(rooms: Sequence[RoomChanged | RoomSnapshot]) -> set[str]:
    """Lock rooms in the order of their ids, note their versions; return those that are newer.

    A process of chat that is older than this service does not say which rooms are direct.
    """
    if not rooms:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO room (id, version, is_direct)
            SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::boolean[])
                ON CONFLICT (id) DO UPDATE
               SET version = excluded.version, is_direct = excluded.is_direct
             WHERE room.version < excluded.version
                OR room.version = excluded.version AND excluded.is_direct AND NOT room.is_direct
            RETURNING id::text
            """,
            [
                [event.room for event in rooms],
                [event.version for event in rooms],
                [event.is_direct for event in rooms],
            ],
        )
        return {room for (room,) in cursor.fetchall()}


def _replace_members(rooms: Iterable[RoomChanged | RoomSnapshot]) -> None:
    rooms = list(rooms)
    pairs = [(event.room, member.user) for event in rooms for member in event.members]
    columns = [[room for room, _ in pairs], [user for _, user in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM member WHERE room_id = ANY(%s::uuid[]) AND NOT EXISTS (
                SELECT FROM unnest(%s::uuid[], %s::uuid[]) present (room_id, user_id)
                 WHERE present.room_id = member.room_id AND present.user_id = member.user_id)
            """,
            [[event.room for event in rooms], *columns],
        )
        cursor.execute(
            """
            INSERT INTO member (room_id, user_id) SELECT * FROM unnest(%s::uuid[], %s::uuid[])
                ON CONFLICT DO NOTHING
            """,
            columns,
        )


def _set_privacies(privacies: Privacies) -> None:
    told = sorted((user, *privacy) for user, privacy in privacies.items())
    if not told:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO privacy (user_id, last_seen, version)
            SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[])
                ON CONFLICT (user_id) DO UPDATE
               SET last_seen = excluded.last_seen, version = excluded.version
             WHERE privacy.version < excluded.version
            """,
            [[user for user, _, _ in told], [to for _, to, _ in told], [v for *_, v in told]],
        )
