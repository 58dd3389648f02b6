"""One step of judging who lags: one transaction, over the connection that holds the lock.

Rooms are locked first, and by id, as everybody does who moves anything of a room: so what is read
afterwards stays true until the end, and nobody waits in a circle.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import psycopg2

from libs.common.postgres import Connection, plain_array
from services.receipts.domain.watermarks import Pair
from services.receipts.models import Outbox

STATEMENT_TIMEOUT_MS = 2_000
SILENCE_TIMEOUT_S = 2.5
"""Longest wait for an answer: the server's own timeout and some travelling."""
LAGGARDS = 2_000
"""New laggards of one transaction. A room in which there are more is judged in several."""

LOCK_ROOMS = "select from room where id = any(%s::uuid[]) order by id for no key update"
ADD_LAGGARDS = """
insert into laggard (room_id, user_id, told_seq)
select w.room_id, w.user_id, w.delivered_seq
  from unnest(%s::uuid[], %s::bigint[]) due (room_id, head)
  join watermark w on w.room_id = due.room_id and w.present and w.delivered_seq < due.head
 where not exists (select from laggard l where l.room_id = w.room_id and l.user_id = w.user_id)
 order by w.room_id, w.user_id
 limit %s
returning room_id::text, user_id::text
"""
REMOVE_WHO_CAUGHT_UP = """
delete from laggard l
 using unnest(%s::uuid[], %s::uuid[]) moved (room_id, user_id), watermark w, room
 where l.room_id = moved.room_id and l.user_id = moved.user_id
   and w.room_id = l.room_id and w.user_id = l.user_id
   and room.id = l.room_id and w.delivered_seq >= room.head
returning l.room_id::text, l.user_id::text
"""
KEEP_WHO_LAGS_STILL = """
update laggard l set moved = false, told_seq = w.delivered_seq
  from unnest(%s::uuid[], %s::uuid[]) moved (room_id, user_id), watermark w
 where l.room_id = moved.room_id and l.user_id = moved.user_id
   and w.room_id = l.room_id and w.user_id = l.user_id
returning l.room_id::text, l.user_id::text
"""
ROOMS_WITH_LAGGARDS = """
select id::text, null from unnest(%s::uuid[]) id
 where exists (select from laggard where room_id = id) order by id
"""
SET_JUDGED_HEADS = """
update room set judged_head = greatest(judged_head, judged.head),
                is_due = room.head > greatest(judged_head, judged.head)
  from unnest(%s::uuid[], %s::bigint[]) judged (room_id, head) where id = judged.room_id
"""
ANNOUNCE = "insert into outbox (event, rooms, users) values (%s, %s::uuid[], %s::uuid[])"

Run = Callable[..., Awaitable[list[tuple[Any, ...]]]]
"""Runs one statement of the transaction with its parameters; an iterable is an array."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one step did.

    Attributes:
        heads: of the rooms that are done, with the head at which they were judged.
        lagging: members who fell behind, and who have a row from now on.
        caught_up: members whose row went.
        is_news: whether there is a row in the outbox.
    """

    heads: Mapping[str, int]
    lagging: int
    caught_up: int
    is_news: bool


async def judge(
    connection: Connection, due: Mapping[str, int], moved: Sequence[Pair], *, limit: int = LAGGARDS
) -> Judged:
    """Judge rooms at heads that they had, and laggards whose watermark went up.

    Args:
        connection: on which no transaction is open.
        due: by room. Rooms of which not everybody found room below ``limit`` are left out of the
            answer, to be judged again.
        moved: need not lag any more.
        limit: new laggards at most.

    Raises:
        psycopg2.Error, ConnectionLost: as ``Connection.run``; nothing was done, or, where COMMIT
            itself was lost, all of it.
    """
    async with _transaction(connection) as run:
        await run(LOCK_ROOMS, sorted({*due, *(room for room, _ in moved)}))
        lagging = await run(ADD_LAGGARDS, due.keys(), due.values(), limit)
        heads = due
        if len(lagging) == limit:  # the room of the last one, and those behind it, may have more
            heads = {room: head for room, head in due.items() if room < lagging[-1][0]}
        columns = [room for room, _ in moved], [user for _, user in moved]
        caught_up = await run(REMOVE_WHO_CAUGHT_UP, *columns)
        still_lagging = await run(KEEP_WHO_LAGS_STILL, *columns)
        with_laggards = await run(ROOMS_WITH_LAGGARDS, heads.keys())
        await run(SET_JUDGED_HEADS, heads.keys(), heads.values())
        news = [*lagging, *caught_up, *still_lagging, *with_laggards]
        if news:
            rooms, users = zip(*news, strict=True)
            await run(ANNOUNCE, Outbox.LAG_JUDGED, rooms, users)
    return Judged(heads=heads, lagging=len(lagging), caught_up=len(caught_up), is_news=bool(news))


@contextlib.asynccontextmanager
async def _transaction(connection: Connection) -> AsyncIterator[Run]:
    """Give what runs statements; they are committed at the end, or all of them undone."""

    async def run(sql: str, *parameters: str | int | Iterable[Any]) -> list[tuple[Any, ...]]:
        plain = [
            each if isinstance(each, str | int) else plain_array(list(each)) for each in parameters
        ]
        return await connection.run(sql, plain, timeout_s=SILENCE_TIMEOUT_S)

    await run("begin")
    try:
        yield run
    except psycopg2.Error:
        await run("rollback")
        raise
    except BaseException:
        connection.close()
        raise
    await run("commit")
