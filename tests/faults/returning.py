"""Raw sessions that come back as the protocol asks, and note when; and who posts over HTTP."""

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import httpx

from clients.python import parley
from tests.background import repeating
from tests.faults.waiting import WITHIN_S

SILENCE_S = 600.0
TRY_AGAIN_S = 1.0
"""How long who is refused waits, where nobody says how long."""
POST_EVERY_S = 0.05
REFUSED = {502, 503, 504}


class Returning:
    """One session of somebody, over as many sockets as it takes.

    Attributes:
        returns: the time of each ``welcome`` but the first.
        codes: how its sockets were closed, and how often without saying when to come back.
        gone: of whom it was told that they are gone, after they had been there.
    """

    def __init__(self, url: str, token: str) -> None:
        self.returns: list[float] = []
        self.codes: Counter[int | str] = Counter()
        self.gone: set[str] = set()
        self.is_open = False
        self._url, self._token = url, token
        self._welcomes = 0
        self._there: set[str] = set()

    async def run(self) -> None:
        """Come back for ever; cancel it to leave."""
        while True:
            after_s: float | None = None
            with contextlib.suppress(parley.Unavailable, OSError, TimeoutError):
                after_s = await self._live_once()
            self.is_open = False
            await asyncio.sleep(TRY_AGAIN_S if after_s is None else after_s)

    async def _live_once(self) -> float | None:
        """Live through one socket; return when it said to come back."""
        socket = await parley.Socket.open(self._url, token=self._token)
        after_s: float | None = None
        try:
            while True:
                frame = await socket.receive(SILENCE_S)
                if frame["type"] == "reconnect":
                    after_s = frame["after_ms"] / 1000
                self._take(frame)
        except parley.Closed as closed:
            self.codes[closed.close_code if after_s is not None else "unasked"] += 1
            return after_s
        finally:
            await socket.close()

    def _take(self, frame: Mapping[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.is_open = True
            self._welcomes += 1
            if self._welcomes > 1:
                self.returns.append(time.monotonic())
        for person in frame["users"] if frame["type"] == "presence" else ():
            if person["status"] == "online":
                self._there.add(person["id"])
            elif person["status"] == "offline" and person["id"] in self._there:
                self.gone.add(person["id"])


class Poster:
    """Writes one message after the other over HTTP, each until it is taken.

    Attributes:
        sent: the client_ids, in order.
        refusals: answers that were neither 200 nor 201: their status, and when to try again.
        broken: requests that got no answer.
    """

    def __init__(self, url: str, token: str, room: str) -> None:
        self.sent: list[str] = []
        self.refusals: list[tuple[int, str | None]] = []
        self.broken: list[str] = []
        self._path = f"{url}/api/chat/rooms/{room}/messages"
        self._headers = {"Authorization": f"Bearer {token}"}

    @contextlib.asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """Post inside the block; it ends when what is being sent is taken."""
        async with (
            httpx.AsyncClient(headers=self._headers, timeout=WITHIN_S) as http,
            repeating(partial(self._post, http)),
        ):
            yield

    async def _post(self, http: httpx.AsyncClient) -> None:
        client_id = str(uuid.uuid4())
        self.sent.append(client_id)
        body = {"client_id": client_id, "content": f"message {client_id}"}
        while not await self._is_taken(http, body):
            pass
        await asyncio.sleep(POST_EVERY_S)

    async def _is_taken(self, http: httpx.AsyncClient, body: Mapping[str, str]) -> bool:
        try:
            answer = await http.post(self._path, json=body)
        except httpx.TransportError as error:
            self.broken.append(type(error).__name__)
            await asyncio.sleep(TRY_AGAIN_S)
            return False
        if answer.is_success:
            return True
        after_s = answer.headers.get("Retry-After")
        self.refusals.append((answer.status_code, after_s))
        await asyncio.sleep(float(after_s or TRY_AGAIN_S))
        return False
