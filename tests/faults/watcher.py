"""Somebody who does nothing but watch who is there, and who types."""

import time
from collections import defaultdict

from clients.python import parley
from tests.faults.stage import Stage
from tests.faults.waiting import until

LONG_S = 120.0
"""How long anything about presence may take: leases, graces, and a machine under load."""


class Watcher:
    """A socket, and how people were said to be on it, in order."""

    def __init__(self, socket: parley.Socket) -> None:
        self._socket = socket
        self.statuses: defaultdict[str, list[str]] = defaultdict(list)
        self.last_seen: dict[str, str | None] = {}
        self.typists: list[list[str]] = []
        self.told_at_s: dict[str, float] = {}

    async def run(self) -> None:
        """Watch until the socket is closed."""
        try:
            while True:
                self._take(await self._socket.receive(timeout_s=3600))
        except parley.Closed:
            return

    def _take(self, frame: dict[str, object]) -> None:
        if frame["type"] == "typing":
            users = frame["users"]
            assert isinstance(users, list)
            self.typists.append(users)
        people = frame.get("users") if frame["type"] == "presence" else None
        for person in people if isinstance(people, list) else ():
            self.statuses[person["id"]].append(person["status"])
            self.last_seen[person["id"]] = person["last_seen"]
            self.told_at_s[person["id"]] = time.monotonic()

    async def until(self, user: str, status: str) -> None:
        """Wait until the newest that was told of somebody is this."""
        await until(
            lambda: self.statuses[user][-1:] == [status],
            what=lambda: f"{user} to be {status} after {self.statuses[user]}",
            within_s=LONG_S,
        )


async def passed(seconds: float) -> None:
    """Wait until so much time has passed: what is waited for is time itself."""
    began_s = time.monotonic()
    await until(lambda: time.monotonic() - began_s >= seconds, within_s=seconds + LONG_S)


async def watch(stage: Stage, chat: parley.Chat, url: str | None = None) -> Watcher:
    """Open one more session of somebody, which watches until the test ends."""
    watcher = Watcher(await stage.raw(chat, url))
    await stage.spawn(watcher.run())
    return watcher
