"""A client's HTTP, whose ways to the services of the real suite are blocked in several manners.

A way is ``up``; ``down`` (nothing can be reached); ``refusing`` (something in front answers that it
cannot); or ``lossy`` (the service does what it was asked for, and the answer gets lost).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from tests.properties.outbox_play import HTTP, QUEUE

BAD_GATEWAY = 502
CONNECTIONS = 200


def shared_network() -> httpx.AsyncBaseTransport:
    """Return a network for many ``Roads``; whoever made it closes it."""
    return httpx.AsyncHTTPTransport(verify=False, limits=httpx.Limits(max_connections=CONNECTIONS))


class Roads(httpx.AsyncBaseTransport):
    """The ways of one client.

    Args:
        network: what carries the requests; it is shared, and not closed with this.

    Attributes:
        states: of the way to chat, and of that to the queue service.
        tries: (way, client_id) of each message that was to go there.
    """

    def __init__(self, network: httpx.AsyncBaseTransport) -> None:
        self.states = {HTTP: "up", QUEUE: "up"}
        self.tries: list[tuple[str, str]] = []
        self._network = network

    def block(self, states: Mapping[str, str]) -> None:
        """Change how the ways are."""
        self.states |= states

    def tries_of(self, client_id: str) -> list[str]:
        """Return the ways that a message was to go, one after the other."""
        return [way for way, one in self.tries if one == client_id]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let a request pass, or not."""
        way = QUEUE if request.url.path.startswith("/api/queue/") else HTTP
        if request.method == "POST":
            body: dict[str, Any] = msgspec.json.decode(request.content)
            self.tries.append((way, str(body.get("client_id"))))
        match self.states[way]:
            case "down":
                raise httpx.ConnectError("the way is blocked")
            case "refusing":
                return httpx.Response(BAD_GATEWAY)
            case "lossy":
                await (await self._pass(request)).aread()
                raise httpx.ReadError("the answer is lost")
        return await self._pass(request)

    async def _pass(self, request: httpx.Request) -> httpx.Response:
        """Let a request go on also where its client gives it up, as a network does.

        Cancelled just as it connects, it would also leave its socket open for good.
        """
        return await asyncio.shield(self._network.handle_async_request(request))
