"""Asks the server to take one message, once, over a raw session, and returns its first answer."""

import asyncio
import uuid
from typing import Any

from clients.python import parley
from tests.faults.notes import Notes
from tests.faults.waiting import WITHIN_S

PAUSE_S = 0.1


class Prober:
    """One person's raw session. Nothing is repeated behind the test's back."""

    def __init__(self, notes: Notes, socket: parley.Socket, *, user: str, room: str) -> None:
        self._notes = notes
        self._socket = socket
        self._user = user
        self._room = room
        self._frames: dict[str, dict[str, str]] = {}

    @property
    def sent(self) -> list[str]:
        """The client_ids of all messages that were tried, the oldest first."""
        return list(self._frames)

    async def ask(self, more: str = "") -> dict[str, Any]:
        """Try a new message once, with more text where that is given; return its answer."""
        client_id = str(uuid.uuid4())
        content = f"probe {client_id}{more}"
        self._frames[client_id] = {
            "type": "message",
            "room": self._room,
            "client_id": client_id,
            "content": content,
        }
        self._notes.invoked(self._room, self._user, client_id, content)
        return await self.ask_again(client_id)

    async def ask_again(self, client_id: str) -> dict[str, Any]:
        """Try a message of before once more; return the ``ack`` or ``error``."""
        await self._socket.send(self._frames[client_id])
        while True:
            answer = await self._socket.receive(WITHIN_S)
            if answer["type"] in {"ack", "error"} and answer.get("client_id") == client_id:
                break
        if answer["type"] == "ack":
            self._notes.acked(client_id, answer["seq"])
        return answer

    async def ask_until_acked(self, client_id: str) -> dict[str, Any]:
        """Try a message of before, as often as it takes; return the ``ack``."""
        async with asyncio.timeout(WITHIN_S):
            while (answer := await self.ask_again(client_id))["type"] != "ack":
                await asyncio.sleep(answer.get("retry_after", PAUSE_S))
        return answer
