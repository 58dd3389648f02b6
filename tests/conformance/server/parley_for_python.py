"""The adapter of Parley for Python: commands on its standard input, answers on the standard output."""

import asyncio
import json
import sys
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from clients.python.parley import Chat, ParleyError, with_token


class Adapter:
    """One device, and what it has given out."""

    def __init__(self) -> None:
        self._chat: Chat | None = None
        self._life: asyncio.Task[None] | None = None
        self._given: defaultdict[str, list[int]] = defaultdict(list)
        self._sent: dict[str, Mapping[str, Any] | None] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def do(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a line asks for; return the answer."""
        match command:
            case {"do": "connect", "url": url, "token": token}:
                self._chat = await with_token(url, token)
                self._life = asyncio.create_task(self._live(self._chat))
            case {"do": "send", "room": room, "content": content}:
                return {"client_id": self._send(room, content)}
            case {"do": "read", "room": room}:
                self.chat.read(room)
            case {"do": "state"}:
                return self._state()
        return {"ok": True}

    @property
    def chat(self) -> Chat:
        """The chat, once ``connect`` was asked for."""
        assert self._chat is not None
        return self._chat

    async def end(self) -> None:
        """Leave."""
        for task in {*self._sending, self._life} - {None}:
            assert task is not None
            task.cancel()
        if self._chat is not None:
            await self._chat.close()

    async def _live(self, chat: Chat) -> None:
        async with chat:
            async for message in chat.messages(own=True):
                self._given[message.room].append(message.seq)

    def _send(self, room: str, content: str) -> str:
        client_id = str(uuid.uuid4())
        self._sent[client_id] = None
        task = asyncio.create_task(self._see_sent(room, content, client_id))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return client_id

    async def _see_sent(self, room: str, content: str, client_id: str) -> None:
        try:
            sent = await self.chat.send(room, content, client_id=client_id)
            self._sent[client_id] = {"seq": sent.seq}
        except ParleyError as error:
            self._sent[client_id] = {"error": error.code}

    def _state(self) -> Mapping[str, Any]:
        assert self._life is not None
        return {
            "connected": self.chat.connected,
            "over": self._life.done(),
            "given": self._given,
            "cursors": {room: self.chat.cursor(room) for room in self.chat.rooms},
            "sent": self._sent,
        }


async def main() -> None:
    """Answer line by line until the input ends."""
    adapter, lines = Adapter(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        while line := await lines.readline():
            sys.stdout.write(json.dumps(await adapter.do(json.loads(line))) + "\n")
            sys.stdout.flush()
    finally:
        await adapter.end()


if __name__ == "__main__":
    asyncio.run(main())
