import asyncio
import contextlib
import threading

import pytest

from libs.common.errors import Unavailable
from libs.common.events import RoomHead
from libs.common.outbox import Relay
from libs.common.outbox.relay import PUBLISH_WITHIN_S
from libs.common.streams.entries import Outgoing
from tests.waiting import until

WITHIN_S = 5.0
NEWS = [Outgoing("stream", 0, [RoomHead(room="hall", head=1)])]


class FakeBreaker:
    retry_after_s = 0.0


class FakePublisher:
    """Keeps what it is given; where it hangs it never answers."""

    def __init__(self):
        self.breaker = FakeBreaker()
        self.published = []
        self.is_down = False
        self.hangs = False

    async def publish(self, news):
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_down:
            raise Unavailable
        self.published.append(news)


class Threads:
    """Runs each function in a thread of its own, as ``DatabaseThreads`` does."""

    async def run(self, function, *args):
        return await asyncio.to_thread(function, *args)


class Outbox:
    """Some rows; each round publishes one."""

    def __init__(self, rows):
        self.rows = rows
        self.rounds = 0
        self.error = None

    def publish_some(self, publish):
        self.rounds += 1
        if self.error is not None:
            raise self.error
        if not self.rows:
            return 0
        publish(NEWS)
        self.rows -= 1
        return 1


class Stage:
    """A relay, and what it stands on."""

    def __init__(self, rows=3):
        self.publisher = FakePublisher()
        self.outbox = Outbox(rows)
        self.held_up = asyncio.Event()
        self.relay = Relay(
            publisher=self.publisher,  # type: ignore[arg-type]  # a fake
            database=Threads(),  # type: ignore[arg-type]  # a fake
            publish_some=self.outbox.publish_some,
            on_held_up=self.held_up.set,
        )


@pytest.fixture
async def stage():
    return Stage()


@contextlib.asynccontextmanager
async def running(relay):
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_rounds_follow_each_other_until_nothing_is_left(stage):
    await stage.relay.publish_left_over()

    assert stage.publisher.published == [NEWS] * 3
    assert (stage.outbox.rows, stage.outbox.rounds) == (0, 4)


async def test_while_the_breaker_is_open_no_row_is_locked(stage):
    stage.publisher.breaker.retry_after_s = 0.3

    with pytest.raises(Unavailable) as told:
        await stage.relay.publish_left_over()

    assert told.value.retry_after_s == 0.3
    assert stage.outbox.rounds == 0


async def test_what_is_not_confirmed_stays(stage):
    stage.publisher.is_down = True

    with pytest.raises(Unavailable):
        await stage.relay.publish_left_over()

    assert stage.outbox.rows == 3


@pytest.mark.parametrize("trouble", ["is_down", "hangs"])
async def test_what_redis_does_not_take_is_no_fault_of_postgresql(stage, trouble):
    """Its breaker counts what is raised in its threads."""
    setattr(stage.publisher, trouble, True)
    raised = []

    class Judging(Threads):
        async def run(self, function, *args):
            try:
                return await super().run(function, *args)
            except Exception as error:
                raised.append(error)
                raise

    relay = Relay(
        publisher=stage.publisher,
        database=Judging(),  # type: ignore[arg-type]  # a fake
        publish_some=stage.outbox.publish_some,
    )

    with pytest.raises(Unavailable):
        await relay.publish_left_over()

    assert raised == []


async def test_a_publisher_that_hangs_holds_no_thread_for_long(stage):
    stage.publisher.hangs = True

    with pytest.raises(Unavailable):
        await asyncio.wait_for(stage.relay.publish_left_over(), PUBLISH_WITHIN_S + WITHIN_S)

    assert stage.outbox.rows == 3


async def test_it_looks_again_after_a_failure_of_any_kind(stage):
    stage.outbox.error = ZeroDivisionError()

    async with running(stage.relay) as task:
        await asyncio.wait_for(stage.held_up.wait(), WITHIN_S)
        assert not stage.publisher.published
        stage.held_up.clear()
        stage.outbox.error = Unavailable()
        stage.relay.poke()
        await asyncio.wait_for(stage.held_up.wait(), WITHIN_S)
        stage.outbox.error = None
        stage.relay.poke()
        await until(lambda: stage.outbox.rows == 0)
        assert not task.done()


async def test_it_looks_now_and_then_without_being_poked(stage):
    async with running(stage.relay):
        await until(lambda: stage.outbox.rows == 0)


async def test_a_round_that_was_given_up_is_not_doubled():
    """Its thread goes on, and holds the rows."""
    stage = Stage(rows=1)
    entered, leave = threading.Event(), threading.Event()
    publish_some = stage.outbox.publish_some

    def slowly(publish):
        entered.set()
        assert leave.wait(WITHIN_S)
        return publish_some(publish)

    stage.relay = Relay(
        publisher=stage.publisher,  # type: ignore[arg-type]  # a fake
        database=Threads(),  # type: ignore[arg-type]  # a fake
        publish_some=slowly,
    )
    first = asyncio.create_task(stage.relay.publish_left_over())
    await asyncio.to_thread(entered.wait, WITHIN_S)

    await stage.relay.publish_left_over()
    assert stage.outbox.rounds == 0

    leave.set()
    await first
    assert stage.publisher.published == [NEWS]
