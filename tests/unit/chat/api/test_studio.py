import asyncio
import contextlib
import threading

import pytest

from libs.common.errors import BadFrame, Unavailable
from services.chat.api.studio import UNDER_WAY_AT_MOST, Studio
from tests.pictures import painted, written


@pytest.fixture
def studio():
    studio = Studio()
    yield studio
    studio.close()


@contextlib.asynccontextmanager
async def at_work(studio):
    """Keep the studio's thread at something else inside the block."""
    begun, done = threading.Event(), threading.Event()

    def work():
        begun.set()
        done.wait()

    working = asyncio.get_running_loop().run_in_executor(studio._thread, work)
    await asyncio.to_thread(begun.wait)
    try:
        yield
    finally:
        done.set()
        await working


async def test_a_picture_is_made_beside_the_loop(studio):
    picture = await studio.picture_of(written(painted()))

    assert picture.content.startswith(b"RIFF")


async def test_what_is_no_picture_is_refused_and_the_next_one_made(studio):
    with pytest.raises(BadFrame):
        await studio.picture_of(b"no picture")

    assert await studio.picture_of(written(painted()))


async def test_when_too_many_wait_nobody_else_does(studio):
    async with at_work(studio):
        waiting = [
            asyncio.ensure_future(studio.picture_of(written(painted())))
            for _ in range(UNDER_WAY_AT_MOST)
        ]
        await asyncio.sleep(0)

        with pytest.raises(Unavailable) as refused:
            await studio.picture_of(written(painted()))

    assert refused.value.retry_after_s
    assert len(await asyncio.gather(*waiting)) == UNDER_WAY_AT_MOST
    assert await studio.picture_of(written(painted()))


async def test_who_goes_away_leaves_a_place_only_when_their_picture_is_done(studio):
    async with at_work(studio):
        gone = [
            asyncio.ensure_future(studio.picture_of(b"no picture"))
            for _ in range(UNDER_WAY_AT_MOST)
        ]
        await asyncio.sleep(0)
        for each in gone:
            each.cancel()
        await asyncio.wait(gone)

        with pytest.raises(Unavailable):
            await studio.picture_of(written(painted()))

    assert await until_taken(studio)


async def until_taken(studio):
    """Send a picture until it is taken."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await studio.picture_of(written(painted()))
            except Unavailable:
                await asyncio.sleep(0.01)
