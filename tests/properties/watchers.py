"""Sessions that watch who types and who is there, for many examples that are played at once.

A ``Client`` looks through all its frames again with each one; where a hundred examples wait for
something at the same socket, each of them is woken only by what it waits for.
"""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Self

import msgspec

from clients.python.parley import Closed, Socket
from tests.integration.chat.world import WITHIN_S, Person

GONE = "offline"


class Watcher:
    """One session.

    Attributes:
        user: whose.
        typists: by room, who was said to type there, in order.
        presence: by person, what was said of them, in order.
    """

    def __init__(self, socket: Socket, user: str) -> None:
        self.socket = socket
        self.user = user
        self.typists: defaultdict[str, list[list[str]]] = defaultdict(list)
        self.presence: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, person: Person) -> Self:
        """Connect, and read ``welcome``."""
        socket = await Socket.open(url, token=person.token, timeout_s=WITHIN_S)
        await socket.receive_type("welcome", WITHIN_S)
        return cls(socket, person.id)

    async def close(self) -> None:
        """Close the session."""
        await self.socket.close()
        await self._reader

    async def until(self, subject: str, found: Callable[[], object], *, what: str) -> None:
        """Wait until something holds; it is looked at with all news of a room or a person.

        Raises:
            AssertionError: it does not hold in time.
        """
        try:
            async with asyncio.timeout(WITHIN_S):
                while not found():
                    self._news[subject].clear()
                    await self._news[subject].wait()
        except TimeoutError:
            told = self.typists.get(subject) or self.presence.get(subject)
            raise AssertionError(f"{self.user} waited for {what}, and was told {told}") from None

    def gone(self, user: str) -> list[dict[str, Any]]:
        """Return each time that it was told that somebody is gone, after they were there."""
        came = itertools.dropwhile(lambda told: told["status"] == GONE, self.presence[user])
        return [told for told in came if told["status"] == GONE]

    async def until_status(self, user: str, status: str) -> None:
        """Wait until the newest that was told of a person is this."""
        await self.until(
            user,
            lambda: [told["status"] for told in self.presence[user][-1:]] == [status],
            what=f"{user} to be {status}",
        )

    async def _read(self) -> None:
        with contextlib.suppress(Closed):
            while True:
                frame = msgspec.json.decode(await self.socket.receive_bytes())
                for subject in self._note(frame):
                    self._news[subject].set()

    def _note(self, frame: dict[str, Any]) -> Iterator[str]:
        """Keep what a frame says; yield of which room or people."""
        match frame["type"]:
            case "typing":
                self.typists[frame["room"]].append(frame["users"])
                yield frame["room"]
            case "presence":
                for told in frame["users"]:
                    self.presence[told["id"]].append(told)
                    yield told["id"]


@contextlib.asynccontextmanager
async def watching(urls: Sequence[str], people: Sequence[Person]) -> AsyncIterator[list[Watcher]]:
    """Open a session for each of these people, at one address after the other."""
    places = [(urls[number % len(urls)], one) for number, one in enumerate(people)]
    watchers = await asyncio.gather(*(Watcher.open(url, one) for url, one in places))
    try:
        yield watchers
    finally:
        await asyncio.gather(*(watcher.close() for watcher in watchers))
