"""The devices of somebody on the real suite: they open, close, get lost, and are left alone."""

import asyncio
import time
from collections.abc import Sequence

import httpx

from clients.python.parley import Socket
from tests.integration.chat.world import WITHIN_S, Person

OPENED, CLOSED, LOST, ACTIVE, AWAY = "opened", "closed", "lost", "active", "away"
DEEDS = (OPENED, CLOSED, LOST, ACTIVE, AWAY)
A_MOMENT_S = 2.0
"""Whoever is back so soon is not told to be gone; it is far below the five seconds of grace."""
LOOK_S = 0.2


class Devices:
    """See the module."""

    def __init__(self, urls: Sequence[str], person: Person) -> None:
        self.person = person
        self._gaps_s: list[float] = []
        self._urls = urls
        self._sockets: dict[int, Socket] = {}
        self._states: dict[int, str] = {}
        self._left_at_s: float | None = None

    @property
    def truth(self) -> str:
        """What the person is, of whom the others are told."""
        states = self._states.values()
        return "online" if ACTIVE in states else "away" if AWAY in states else "offline"

    @property
    def absences(self) -> int:
        """How often the person may have been told to be gone."""
        has_left = self._left_at_s is not None
        return sum(gap_s >= A_MOMENT_S for gap_s in self._gaps_s) + has_left

    async def do(self, deed: str, device: int) -> None:
        """Let a device do something; nothing happens where it cannot."""
        if deed == OPENED and device not in self._sockets:
            await self._open(device)
        elif deed in (ACTIVE, AWAY) and device in self._sockets:
            await self._sockets[device].send({"type": "activity", "state": deed})
            self._states[device] = deed
        elif deed in (CLOSED, LOST) and device in self._sockets:
            await self._end(device, is_lost=deed == LOST)

    async def close(self) -> None:
        """Close what is open."""
        for socket in self._sockets.values():
            await socket.close()

    async def _open(self, device: int) -> None:
        url = self._urls[device % len(self._urls)]
        socket = await Socket.open(url, token=self.person.token, timeout_s=WITHIN_S)
        await socket.receive_type("welcome", WITHIN_S)
        self._sockets[device], self._states[device] = socket, ACTIVE
        if self._left_at_s is not None:
            self._gaps_s.append(time.monotonic() - self._left_at_s)
            self._left_at_s = None

    async def _end(self, device: int, *, is_lost: bool) -> None:
        del self._states[device]
        if not self._states:
            self._left_at_s = time.monotonic()
        socket = self._sockets.pop(device)
        if is_lost:
            socket.abort()
        else:
            await socket.close()


async def ask_until_true(
    presence: httpx.AsyncClient, everybody: Sequence[Devices]
) -> dict[str, str]:
    """Ask how people are until it is the truth of all of them, or that takes too long."""
    path = "/users?ids=" + ",".join(each.person.id for each in everybody)
    truth = {each.person.id: each.truth for each in everybody}
    asked: dict[str, str] = {}
    end_s = time.monotonic() + WITHIN_S
    while asked != truth and time.monotonic() < end_s:
        await asyncio.sleep(LOOK_S)
        answer = await presence.get(path)
        if answer.is_success:  # not before presence knows of the rooms
            asked = {each["id"]: each["status"] for each in answer.json()["users"]}
    return asked
