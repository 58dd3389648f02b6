"""Somebody who is signed in and open at every process of chat."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from clients.python import parley
from tests.faults.stage import PASSWORD, Stage
from tests.faults.waiting import WITHIN_S

NO_CONTENT = 204
NOT_AUTHENTICATED = 4001


@dataclass(frozen=True)
class SignIn:
    """One sign-in of somebody, who is open at every process."""

    user: str
    token: str
    sockets: list[parley.Socket]

    async def sign_out(self, url: str) -> None:
        """Sign out for good at one process."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_S) as http:
            answer = await http.post("/api/chat/auth/logout", json={})
        assert answer.status_code == NO_CONTENT

    async def close_codes(self) -> list[int | None]:
        """Wait until every socket is closed; return the codes."""
        return [await until_closed(socket) for socket in self.sockets]


@contextlib.asynccontextmanager
async def signed_in(stage: Stage) -> AsyncIterator[SignIn]:
    """Somebody new, with a socket at every process."""
    name = f"p{uuid.uuid4().hex[:12]}"
    credentials = {"username": name, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=stage.urls[0], timeout=WITHIN_S) as http:
        registered = (await http.post("/api/chat/auth/register", json=credentials)).json()
        token = (await http.post("/api/chat/auth/token", json=credentials)).json()["access_token"]
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await parley.Socket.open(url, token=token) for url in stage.urls]
        for socket in sockets:
            stack.callback(socket.abort)
            await socket.receive_type("welcome", WITHIN_S)
        yield SignIn(registered["user"]["id"], token, sockets)


async def until_closed(socket: parley.Socket) -> int | None:
    try:
        while True:
            await socket.receive(WITHIN_S)
    except parley.Closed as closed:
        return closed.close_code
