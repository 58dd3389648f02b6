import asyncio

import pytest

from libs.common.frugal import FrugalEvent, FrugalQueue


async def test_all_who_wait_for_an_event_go_on_when_it_is_set():
    event = FrugalEvent()
    waiting = [asyncio.create_task(event.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    event.set()

    assert await asyncio.gather(*waiting) == [True] * 3


async def test_nobody_waits_for_an_event_that_is_set_and_again_after_it_was_cleared():
    event = FrugalEvent()
    event.set()
    assert await event.wait()
    event.clear()
    waiting = asyncio.create_task(event.wait())
    await asyncio.sleep(0)

    assert not waiting.done()
    event.set()
    assert await waiting


async def test_what_is_put_into_a_queue_is_taken_in_order():
    queue: FrugalQueue[int] = FrugalQueue()
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    for number in range(3):
        queue.put_nowait(number)

    assert [await taking, await queue.get(), queue.get_nowait()] == [0, 1, 2]
    assert queue.empty()


async def test_who_gives_up_waiting_for_a_queue_takes_nothing_from_it():
    queue: FrugalQueue[int] = FrugalQueue()
    given_up = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    queue.put_nowait(1)

    assert queue.qsize() == 1
    assert await queue.get() == 1
