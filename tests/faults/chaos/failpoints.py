"""Ends between two steps that belong together: each step is recognised on its way to a server.

A process whose call is caught there is killed, or loses its answer. What it had done before is
done, what it would have done after is not.
"""

import asyncio
import os
import signal

from tests.faults.chaos.scene import HAPPENS_WITHIN_S, Scene, fault
from tests.faults.rig.edges import Caught
from tests.faults.rig.proxy import Point

WRITE = b"send_messages"
"""In what chat sends to commit messages, and in nothing else."""
PUBLISH = b"XADD\r\n$15\r\nchat.events:{0}"
TELL = b"XADD\r\n$19\r\nreceipts.events:{0}"
ACKNOWLEDGE = b"XACK"
FOLD = b"fold_receipts"
TRIES = 5

HANDLERS = ("receipts", "queue", "presence")
"""Services that handle entries and acknowledge them; a process of chat does so among much else."""


def _enter(name: str, edge: str, pattern: bytes, point: Point, *, kills: bool) -> None:
    """Put one into the catalogue."""

    @fault(name)
    async def strike(scene: Scene) -> int:
        for _ in range(TRIES):
            with scene.edges[edge].trap(pattern, point) as caught:
                if not await caught.comes(HAPPENS_WITHIN_S):
                    return 0
                pid = await _kill(scene, edge.partition(".")[0], caught) if kills else 1
                caught.reset()
                if pid:
                    return pid
        return 0


async def _kill(scene: Scene, service: str, caught: Caught) -> int:
    """Kill whose call was caught; 0 where they have given it up meanwhile."""
    pids = [process.pid for process in scene.suite.state.of(service)]
    pid = await asyncio.to_thread(caught.holder_among, pids)
    if pid is None:
        return 0
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(scene.suite.wait_until_gone, service, pid)
    return pid


_enter("chat dies before it commits", "chat.postgres", WRITE, Point.REQUEST, kills=True)
_enter("chat dies between commit and answer", "chat.postgres", WRITE, Point.ANSWER, kills=True)
_enter("the answer to a commit is lost", "chat.postgres", WRITE, Point.ANSWER, kills=False)
_enter("chat dies between commit and publish", "chat.redis", PUBLISH, Point.REQUEST, kills=True)
_enter("chat dies between publish and delete", "chat.redis", PUBLISH, Point.ANSWER, kills=True)
_enter("the answer to a publication is lost", "chat.redis", PUBLISH, Point.ANSWER, kills=False)
for _service in HANDLERS:
    _edge = f"{_service}.redis"
    _enter(
        f"{_service} dies between handling and XACK", _edge, ACKNOWLEDGE, Point.REQUEST, kills=True
    )
    _enter(f"{_service} dies right after XACK", _edge, ACKNOWLEDGE, Point.ANSWER, kills=True)
_enter(
    "receipts dies between commit and publish", "receipts.redis", TELL, Point.REQUEST, kills=True
)
_enter("receipts dies between publish and delete", "receipts.redis", TELL, Point.ANSWER, kills=True)
_enter(
    "the answer to receipts' commit is lost", "receipts.postgres", FOLD, Point.ANSWER, kills=False
)
