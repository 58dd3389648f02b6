"""Receipts killed, and what it had not read wiped: ticks are late, and then right."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from clients.python import parley
from tests.background import in_background
from tests.faults.postgres import heads_of, watermarks_of
from tests.faults.stage import Stage
from tests.faults.streams import claimed, wipe
from tests.faults.waiting import until

DOWN_S = 20.0
LOOK_S = 0.05

log = logging.getLogger(__name__)

TABLES = {"chat": "member", "receipts": "watermark"}

Places = Sequence[tuple[parley.Chat, str]]


@contextlib.asynccontextmanager
async def reading(places: Places) -> AsyncIterator[None]:
    """Let people read what they get inside the block; who leaves is taken out of ``places``."""

    async def read() -> None:
        while True:
            for chat, room in places:
                chat.read(room)
            await asyncio.sleep(LOOK_S)

    async with in_background(read()):
        yield


async def all_ticks_are_right(stage: Stage, places: Places) -> None:
    """Wait until everybody is shown that everything was read, and both databases say so."""
    rooms = sorted({room for _, room in places})
    heads = await asyncio.to_thread(heads_of, stage.database_url, rooms)
    began_s = time.monotonic()
    await until(
        lambda: all(chat.progress(room, heads[room]) == "read" for chat, room in places),
        what=lambda: str([(chat.marks(room), heads[room]) for chat, room in places]),
    )
    log.info("all ticks were right after %.1f s", time.monotonic() - began_s)
    for service, table in TABLES.items():
        url = stage.suite.state.database_urls[service]
        await until(partial(all_read, url, table, heads), what=f"the watermarks of {service}")


def all_read(url: str, table: str, heads: Mapping[str, int]) -> bool:
    """Tell whether both members of each room have read it, as a service keeps it."""
    kept = watermarks_of(url, table, list(heads))
    return kept == {room: [(head, head)] * 2 for room, head in heads.items()}


async def test_ticks_become_right_after_receipts_was_killed_and_redis_wiped(stage, pair):
    carol = await stage.join()
    with_carol = await stage.room_of(pair.ann, carol)
    places = [*pair.places, (pair.ann, with_carol), (carol, with_carol)]
    async with reading(places):
        async with stage.traffic(*pair.places):
            await stage.acks(60)
            async with stage.killed("receipts"):
                down_s = time.monotonic()
                async with stage.traffic((pair.ann, with_carol)):
                    while time.monotonic() - down_s < DOWN_S:
                        await stage.acks(100)
                url, head = stage.suite.state.redis_url, pair.ann.cursor(with_carol)
                await until(
                    lambda: claimed(url, with_carol, carol.user_id) >= head,
                    what="carol's claim on the stream",
                )
                places.pop()
                await carol.close()
                await asyncio.to_thread(wipe, url)
            await stage.acks(60)

        await stage.settle(*pair.listeners, what="killed receipts, wiped Redis")
        await all_ticks_are_right(stage, places)
