"""Somebody without a socket, who reads by long poll and writes by POST until it works."""

import asyncio
import contextlib
import functools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import msgspec

from clients.python import parley
from clients.python.parley.pending import Draft
from tests.background import repeating
from tests.faults.notes import Notes

WAIT_S = 25.0
TRY_AGAIN_S = 0.2
PACE_S = 0.02

T = TypeVar("T")


class Poller:
    """One person in one room.

    Attributes:
        user: who it is.
        room: where.
        cursor: the seq up to which everything was read.
        answers: how many polls were answered.
        errors: how many calls failed.
    """

    def __init__(self, notes: Notes, chat: parley.Chat, *, user: str, room: str) -> None:
        self.cursor = self.answers = self.errors = 0
        self._notes = notes
        self._api = chat.api
        self.user = user
        self.room = room

    async def read(self) -> None:
        """Poll for ever, and note each message as it comes."""
        while True:
            cursors = {self.room: self.cursor}
            answer = await self._until_it_works(
                functools.partial(self._api.sync, cursors, wait_s=WAIT_S)
            )
            self.answers += 1
            for message in answer.messages:
                self._notes.received(self.user, msgspec.structs.asdict(message))
                self.cursor = message.seq

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Write one message after the other inside the block; it ends when all are acknowledged."""
        async with repeating(self._say):
            yield

    async def _say(self) -> None:
        client_id = str(uuid.uuid4())
        draft = Draft(room=self.room, content=f"message {client_id}", client_id=client_id)
        self._notes.invoked(self.room, self.user, client_id, draft.content)
        sent, _ = await self._until_it_works(functools.partial(self._api.send, draft))
        self._notes.acked(client_id, sent.seq)
        await asyncio.sleep(PACE_S)

    async def _until_it_works(self, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await call()
            except parley.ParleyError:
                self.errors += 1
                await asyncio.sleep(TRY_AGAIN_S)
