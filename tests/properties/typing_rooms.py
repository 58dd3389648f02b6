"""Rooms of the real suite in which people type, all at the same time over the same few sessions."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence, Set

from tests.background import in_background
from tests.integration.chat.world import message_frame
from tests.properties.watchers import Watcher


class TypingRoom:
    """One room, and the sessions that sit in it.

    Attributes:
        keys: how many each person has pressed.
    """

    def __init__(self, room: str, sessions: Sequence[Watcher]) -> None:
        self.room = room
        self.sessions = sessions
        self.keys: Counter[str] = Counter()

    def told(self, session: Watcher) -> list[list[str]]:
        """Return who a session was shown to type here, in order."""
        return session.typists[self.room]

    def others(self, typist: Watcher) -> list[Watcher]:
        """Return the sessions of everybody else."""
        return [each for each in self.sessions if each.user != typist.user]

    async def stop(self, typist: Watcher) -> None:
        """Take back what was typed."""
        await typist.socket.send({"type": "typing", "room": self.room, "is_typing": False})

    async def send(self, typist: Watcher) -> None:
        """Send what was typed."""
        await typist.socket.send(message_frame(self.room, "there it is"))

    @contextlib.asynccontextmanager
    async def typing(self, paces_s: Mapping[Watcher, float]) -> AsyncIterator[None]:
        """Let some type inside the block, each at a pace."""
        async with contextlib.AsyncExitStack() as stack:
            for typist, pace_s in paces_s.items():
                await stack.enter_async_context(in_background(self._type(typist, pace_s)))
            yield

    async def until_shown(self, typist: Watcher, *, since: Mapping[Watcher, int]) -> None:
        """Wait until everybody else was shown that somebody types, in frames from some number on."""
        for session, first in since.items():
            await self._until_shown(session, typist, first)

    async def until_shown_at_once(self, session: Watcher, typists: Set[str]) -> None:
        """Wait until one frame showed all of these people."""
        await session.until(
            self.room,
            lambda: any(set(users) == typists for users in self.told(session)),
            what="everybody to type",
        )

    async def until_gone(self, typist: Watcher) -> None:
        """Wait until nobody is shown any more that somebody types."""
        for session in self.others(typist):
            await self._until_gone(session, typist)

    async def _type(self, typist: Watcher, pace_s: float) -> None:
        while True:
            self.keys[typist.user] += 1
            await typist.socket.send({"type": "typing", "room": self.room, "is_typing": True})
            await asyncio.sleep(pace_s)

    async def _until_shown(self, session: Watcher, typist: Watcher, first: int) -> None:
        await session.until(
            self.room,
            lambda: any(typist.user in users for users in self.told(session)[first:]),
            what=f"{typist.user} to type",
        )

    async def _until_gone(self, session: Watcher, typist: Watcher) -> None:
        await session.until(
            self.room,
            lambda: all(typist.user not in users for users in self.told(session)[-1:]),
            what=f"{typist.user} to stop",
        )
