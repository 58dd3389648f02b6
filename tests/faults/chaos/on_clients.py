"""Faults of clients: readers that read nothing, and everybody coming back at once."""

import asyncio
from contextlib import ExitStack

from tests.faults.chaos.scene import SHORT_S, Scene, fault
from tests.faults.internal_port import Insight
from tests.faults.rig.edges import CLIENTS
from tests.faults.stalled_reader import StalledReader

STALLED = 6
LONG, LONG_MESSAGES, AT_ONCE = "x" * 4_000, 1_200, 20
"""More than a socket's buffers and its queue in chat hold."""
CLOSED_SLOW = "parley_sockets_closed_slow_total"
STORMS = 4


@fault("clients: some read nothing of what they are sent")
async def stalled_readers(scene: Scene) -> int:
    talker, reader, *_ = scene.stage.chats
    room, token = scene.stage.rooms[0], await reader.credentials.bearer()
    port = scene.suite.process("chat").port
    insight = Insight(scene.suite.process("chat"))
    before = await insight.metric(CLOSED_SLOW)
    with ExitStack() as stack:
        for _ in range(STALLED):
            stalled = await asyncio.to_thread(StalledReader, port, token)
            stack.callback(stalled.close)
        for _ in range(0, LONG_MESSAGES, AT_ONCE):
            await asyncio.gather(*(scene.stage.say(talker, room, LONG) for _ in range(AT_ONCE)))
    return int(await insight.metric(CLOSED_SLOW) - before)


@fault("clients: all lose their connection, and again while they come back")
async def storm(scene: Scene) -> int:
    count = 0
    for _ in range(STORMS):
        count += scene.edges[CLIENTS].reset()
        await scene.a_while(SHORT_S)
    return count
