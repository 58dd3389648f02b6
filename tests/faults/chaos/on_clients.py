"""Faults of clients: readers that read nothing, and everybody coming back at once."""

import asyncio
from contextlib import ExitStack

from tests.faults.chaos.scene import SHORT_S, Scene, fault
from tests.faults.rig.edges import CLIENTS
from tests.faults.stalled_reader import StalledReader

STALLED = 6
STORMS = 4


@fault("clients: some read nothing of what they are sent")
async def stalled_readers(scene: Scene) -> int:
    person = scene.dice.choice(scene.stage.chats)
    token = await person.credentials.bearer()
    port = scene.suite.process("chat").port
    with ExitStack() as stack:
        for _ in range(STALLED):
            reader = await asyncio.to_thread(StalledReader, port, token)
            stack.callback(reader.close)
        await scene.stage.acks(50)
    return STALLED


@fault("clients: all lose their connection, and again while they come back")
async def storm(scene: Scene) -> int:
    count = 0
    for _ in range(STORMS):
        count += scene.edges[CLIENTS].reset()
        await scene.a_while(SHORT_S)
    return count
