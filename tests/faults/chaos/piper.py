"""Somebody who sends in bursts over one connection, and tries nothing twice."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

from clients.python import parley
from tests.background import repeating
from tests.faults.judging.history import Refused, Unknown
from tests.faults.stage import Stage

BURST = 10
PAUSE_S = 0.5
ANSWER_WITHIN_S = 30.0
UNKNOWN = {"timeout", "internal"}
"""Codes after which a message may be stored."""


class Piper:
    """One person's raw sessions, one after the other.

    Attributes:
        bursts: how many were answered.
    """

    def __init__(self, stage: Stage, chat: parley.Chat, room: str) -> None:
        self._stage = stage
        self._chat = chat
        self._room = room
        self._socket: parley.Socket | None = None
        self.bursts = 0

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Send bursts inside the block; it ends when the outcome of all is noted."""
        async with repeating(self._talk):
            yield

    async def _talk(self) -> None:
        try:
            self._socket = self._socket or await self._stage.raw(self._chat)
            await self._burst(self._socket)
            self.bursts += 1
        except parley.ParleyError:
            self._socket = None
        await asyncio.sleep(PAUSE_S)

    async def _burst(self, socket: parley.Socket) -> None:
        """Send some, and wait for all answers.

        Raises:
            ParleyError: the connection ended, or is too slow to be used any longer.
        """
        notes, line = self._stage.notes, uuid.uuid4().hex
        waiting = [str(uuid.uuid4()) for _ in range(BURST)]
        frame = {"type": "message", "room": self._room}
        try:
            for client_id in list(waiting):
                content = f"burst {client_id}"
                notes.invoked(self._room, self._chat.user_id, client_id, content, line=line)
                await socket.send(frame | {"client_id": client_id, "content": content})
            while waiting:
                answer = await socket.receive(ANSWER_WITHIN_S)
                client_id = answer.get("client_id", "")
                if client_id not in waiting or answer["type"] not in {"ack", "error"}:
                    continue
                waiting.remove(client_id)
                if answer["type"] == "ack":
                    notes.acked(client_id, answer["seq"])
                elif answer["code"] in UNKNOWN:
                    notes.history.add(Unknown(client_id))
                else:
                    notes.history.add(Refused(client_id))
        finally:
            for client_id in waiting:
                notes.history.add(Unknown(client_id))
