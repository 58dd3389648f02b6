import asyncio

from libs.common.tasks import TaskSet
from tests.waiting import WITHIN_S


async def test_the_end_of_what_must_not_end_is_told():
    tasks, ended = TaskSet(), asyncio.Event()

    async def fail() -> None:
        raise ValueError

    tasks.spawn_forever(fail(), name="part", on_end=ended.set)

    async with asyncio.timeout(WITHIN_S):
        await ended.wait()


async def test_what_is_stopped_is_not_told_as_an_end():
    tasks, ended = TaskSet(), asyncio.Event()
    tasks.spawn_forever(asyncio.sleep(60), name="part", on_end=ended.set)

    await tasks.stop()

    assert not ended.is_set()


async def test_a_task_that_misses_its_cancellation_is_cancelled_again():
    tasks, begun, ended = TaskSet(), asyncio.Event(), asyncio.Event()

    async def misses_one() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)
        finally:
            ended.set()

    tasks.spawn(misses_one())
    await begun.wait()

    async with asyncio.timeout(WITHIN_S):
        await tasks.stop()

    assert ended.is_set()
