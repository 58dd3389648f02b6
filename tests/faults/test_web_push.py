"""Push services hang, and a queue dies while it pushes: nobody else waits, and no push is lost."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from services.queue.actions.web_push.hosts import AT_ONCE_BY_HOST
from services.queue.actions.web_push.sender import CALL_S
from tests.background import repeating
from tests.faults.away import room_of, someone
from tests.faults.waiting import until
from tests.push_service import HANG, push_service

ABSENT = 20
MISSED = 5


@pytest.fixture
async def cast(stage):
    """Make people who are signed in; they leave when the test ends."""
    async with AsyncExitStack() as stack:

        async def some(count):
            people = [await someone(stage.suite) for _ in range(count)]
            for each in people:
                stack.push_async_callback(each.chat.close)
            return people

        yield some


async def subscribe(person, browser):
    await person.chat.api.request("POST", "/api/queue/push", body=browser.to_json())


async def test_a_push_service_that_hangs_delays_no_message_no_replay_and_no_other_push(stage, cast):
    ann, bob, carol, *absent = await cast(3 + ABSENT)
    crowd = await room_of(stage.suite, ann, *absent)
    with_bob, with_carol = [await room_of(stage.suite, ann, each) for each in (bob, carol)]
    async with push_service() as hung, push_service() as healthy:
        hung.always = HANG
        for each in absent:
            await subscribe(each, hung.browser())
        theirs = healthy.browser()
        await subscribe(carol, theirs)

        async def flow():
            await ann.write(crowd, 1)
            await asyncio.sleep(0.1)

        async with repeating(flow):
            await until(lambda: hung.requests >= AT_ONCE_BY_HOST, what="calls that hang")
            await ann.write(with_bob, MISSED)
            await ann.write(with_carol, 1)
            await bob.until_status(incoming=MISSED)
            began_s = time.monotonic()
            async with bob.visit() as visit:
                messages, drained = await visit.replay()
                took_s = time.monotonic() - began_s
            await until(lambda: theirs.arrived, what="a push by another push service")

    assert took_s < CALL_S
    assert [frame["seq"] for frame in messages] == list(range(1, MISSED + 1))
    assert drained == MISSED
    assert theirs.told == [(with_carol, 1)]


async def test_a_queue_that_dies_while_it_pushes_does_so_again(stage, cast):
    ann, bob = await cast(2)
    room = await room_of(stage.suite, ann, bob)
    async with push_service() as service:
        browser = service.browser()
        await subscribe(bob, browser)
        service.answers = [HANG]
        await ann.write(room, MISSED)
        await until(lambda: service.requests == 1, what="a push that is not answered")

        async with stage.killed("queue"):
            pass
        await until(lambda: browser.arrived, what="the same push, by the next process")

    assert browser.told[0] == (room, MISSED)
