"""How far rooms are, where anything was written since somebody looked."""

from collections.abc import Iterable

from django.db import connection

from services.chat.selectors.rooms import Head, heads_of


def heads_unless_as(
    room_ids: Iterable[str], *, snapshot: str | None
) -> tuple[str, list[Head] | None]:
    """Return a name of what is written at this moment, and how far these rooms are.

    Equal names mean that no transaction has come to its end in between, in the whole server.

    Args:
        room_ids: as of ``heads_of``.
        snapshot: a name that was returned before; where it is still the same, nothing is read,
            and the second is None.
    """
    with connection.cursor() as cursor:
        # Before the heads: what is written in between is read now, and once more the next time.
        cursor.execute("SELECT pg_current_snapshot()::text")
        (now,) = cursor.fetchone()
    return now, None if now == snapshot else heads_of(room_ids)
