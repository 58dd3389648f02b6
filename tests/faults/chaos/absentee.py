"""Somebody who goes and comes back, again and again, and finds everything each time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from clients.python import parley
from tests.background import in_background, repeating
from tests.faults.judging.history import Fetched, Opened
from tests.faults.stage import Stage

AWAY_S = 2.0
HERE_S = 2.0
AGAIN_S = 0.2
PACE_S = 0.15


class Absentee:
    """One person in a direct room with a friend. Each visit is a client that knows nothing yet.

    Attributes:
        visits: how many there were.
    """

    def __init__(
        self, stage: Stage, friend: parley.Chat, chat: parley.Chat, *, user: str, room: str
    ) -> None:
        self.user = user
        self._stage = stage
        self._friend = friend
        self._account = chat
        self.room = room
        self.visits = 0

    @classmethod
    async def invite(cls, stage: Stage, *, friend: parley.Chat) -> "Absentee":
        """Register them, and open the room."""
        chat, user = await stage.account()
        return cls(stage, friend, chat, user=user, room=await stage.room_with(friend, user))

    @contextlib.asynccontextmanager
    async def coming_and_going(self) -> AsyncIterator[None]:
        """Let the friend write, and the absentee come and go, inside the block."""
        async with (
            repeating(self._come_and_go),
            self._stage.traffic((self._friend, self.room), workers=1, pace_s=PACE_S),
        ):
            yield

    @property
    def _session(self) -> str:
        return f"{self.user} {self.visits}"

    async def catch_up(self, head: int) -> None:
        """Come a last time, and stay until nothing is missing."""
        async with self._visit() as chat:
            await self._stage.until_held(chat, self.room, head)

    async def _come_and_go(self) -> None:
        try:
            async with self._visit():
                await asyncio.sleep(HERE_S)
        except parley.ParleyError:
            await asyncio.sleep(AGAIN_S)
        await asyncio.sleep(AWAY_S)

    @contextlib.asynccontextmanager
    async def _visit(self) -> AsyncIterator[parley.Chat]:
        chat = await self._stage.visitor(await self._account.credentials.bearer())
        try:
            async with chat:
                self.visits += 1
                heads = {room.id: room.delivered_seq for room in chat.welcome.rooms}
                self._stage.notes.history.add(Opened(self._session, heads, self.user))
                async with in_background(self._watch(chat)):
                    yield chat
                await chat.close()
                await self._watch(chat)  # what has come has been claimed, seen or not
        finally:
            await chat.close()
            async for one in chat.messages(own=True):  # of a visit that did not come about
                fetched = Fetched(self.user, one.room, one.seq, one.client_id)
                self._stage.notes.history.add(fetched)

    async def _watch(self, chat: parley.Chat) -> None:
        async for message in chat.messages(own=True):
            self._stage.notes.received(self._session, msgspec.structs.asdict(message))
