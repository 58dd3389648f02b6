"""Readers that stop reading while a room is busy: closed, counted, and in nobody's way."""

import asyncio
import uuid

import pytest

from clients.python import parley
from tests.faults.internal_port import Insight
from tests.faults.stage import Stage
from tests.faults.stalled_reader import StalledReader
from tests.faults.waiting import WITHIN_S

pytestmark = [
    pytest.mark.long(40),
    pytest.mark.own_suite("the sessions and the memory of a process are counted"),
]

MESSAGES = 3_000
BURST = 100
CONTENT = "x" * 2_000
STALLED = 8
GROWTH_BYTES = 64 * 1024 * 1024
"""Above the queues of all of them (1 MiB each), below the 6 MB that each of them does not read."""
CLOSED_SLOW = "parley_sockets_closed_slow_total"
SESSIONS = 'parley_sessions{kind="chat"}'


@pytest.mark.promise(number=7)
@pytest.mark.both_servers
async def test_stalled_readers_are_closed_and_delay_nobody(stage):
    process, url = stage.suite.state.of("chat")[0], stage.urls[0]
    ann, bob = await stage.join(url), await stage.join(url)
    room = await stage.room_of(ann, bob)
    steady, sender = await stage.listen(bob, url), await stage.raw(ann, url)
    insight = Insight(process)
    sessions = await insight.metric(SESSIONS)
    token = await bob.credentials.bearer()
    stalled = [StalledReader(process.port, token) for _ in range(STALLED)]

    sending = asyncio.create_task(send_many(stage, ann, sender, room))
    await insight.until_metric(CLOSED_SLOW, STALLED)
    # Half of them read on and learn why; the others never read anything again.
    readers = stalled[::2]
    codes = await asyncio.gather(*(asyncio.to_thread(one.read_on) for one in readers))
    await sending
    await steady.until_reached(room, MESSAGES)

    assert codes == [4008] * len(readers)
    assert insight.grown_bytes < GROWTH_BYTES
    await insight.until_metric(SESSIONS, sessions)
    await stage.settle(steady, what=f"stalled readers, {insight.grown_bytes >> 20} MiB more")
    for one in stalled:
        one.close()


async def send_many(stage: Stage, chat: parley.Chat, sender: parley.Socket, room: str) -> None:
    """Send all messages over one session, in bursts: whoever reads at all can keep up."""
    frame = {"type": "message", "room": room, "content": CONTENT}
    for _ in range(0, MESSAGES, BURST):
        for client_id in [str(uuid.uuid4()) for _ in range(BURST)]:
            stage.notes.invoked(room, chat.user_id, client_id, CONTENT)
            await sender.send(frame | {"client_id": client_id})
        for _ in range(BURST):
            ack = await sender.receive_type("ack", WITHIN_S)
            stage.notes.acked(ack["client_id"], ack["seq"])
