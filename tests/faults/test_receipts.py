"""Receipts killed, and what it had not read wiped: ticks are late, and then right."""

import asyncio
import time

import pytest

from tests.faults.streams import claimed, wipe
from tests.faults.ticks import all_ticks_are_right, reading
from tests.faults.waiting import until

pytestmark = pytest.mark.long(27)

DOWN_S = 20.0


@pytest.mark.promise(number=5)
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
