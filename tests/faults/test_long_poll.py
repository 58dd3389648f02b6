"""A long poll and a socket chat with each other while the gateway goes and comes: all arrives."""

import asyncio

import pytest

from dev.settings import environment
from tests.faults.postgres import heads_of
from tests.faults.waiting import until

pytestmark = pytest.mark.long(27)

SECONDS = 60 if environment().get("CI_FULL") else 20
DOWN_S = 1.0


@pytest.mark.timeout(180 + SECONDS)
async def test_a_poll_and_a_socket_talk_without_loss_while_the_gateway_comes_and_goes(stage):
    bob = await stage.join()
    poller = await stage.poller(bob)
    room = poller.room

    async with stage.traffic((bob, room)), poller.talking():
        await asyncio.sleep(SECONDS / 3)
        await asyncio.to_thread(stage.suite.kill, "gateway")
        await asyncio.sleep(SECONDS / 3)
        async with stage.stopped("gateway"):
            await asyncio.sleep(DOWN_S)
        await asyncio.sleep(SECONDS / 3)
    head = heads_of(stage.database_url, [room])[room]
    await until(lambda: poller.cursor == head, what="the poll to have read everything")

    what = f"gateway under {poller.answers} polls, {poller.errors} failed calls"
    await stage.settle(what=what)
    received = stage.notes.history.received(poller.user)
    assert [note.seq for note in received] == list(range(1, head + 1))
    senders = {note.sender for note in received}
    assert senders == {bob.user_id, poller.user}
    assert poller.errors > 0
