"""One request to a push service, whose address somebody else chose.

Its name is looked up here, each address judged, and the connection made to one that was judged: a
name that means something else a moment later changes nothing. No redirect is followed, no proxy of
the environment used, and of the answer only status and headers are read. Cancelling is safe: the
connection is the call's own and ends with it.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import h11

from services.queue.domain.endpoints import Address, Endpoint, EndpointRules

READ_BYTES = 4096
ANSWER_BYTES = 16 * 1024
"""Most that is read of an answer: its headers are shorter."""
Headers = Sequence[tuple[str, str]]


class Forbidden(Exception):
    """A host has an address that is never called."""


class CallFailed(Exception):
    """There was no answer; the message says why, without the endpoint."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a push service said."""

    status: int
    retry_after: str | None


class Caller:
    """Calls push services; bounds sizes, and leaves time to who calls it.

    Args:
        rules: which addresses may be called.
        threads: that look names up. A name server that hangs keeps one busy for long.
    """

    def __init__(self, rules: EndpointRules, threads: Executor) -> None:
        self._rules = rules
        self._threads = threads
        self._tls = ssl.create_default_context()
        self._lookups: set[asyncio.Future[list[str]]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether no name is being looked up, not even one that nobody waits for any more."""
        return not self._lookups

    async def post(self, endpoint: Endpoint, headers: Headers, body: bytes) -> Answer:
        """Return the answer to a POST.

        Raises:
            Forbidden: an address of the host is none to be called; nothing was sent.
            CallFailed: there was no answer.
        """
        try:
            reader, writer = await self._connect(endpoint)
            try:
                connection = h11.Connection(h11.CLIENT)
                writer.write(_request(connection, endpoint, headers, body))
                return await _answer(connection, reader)
            finally:
                writer.transport.abort()
        except TimeoutError:
            raise  # of the caller's time, or of the network's: likewise no answer in time
        except (OSError, UnicodeError, h11.ProtocolError) as error:
            raise CallFailed(f"{type(error).__name__}: {_without_address(error)}") from error

    async def _connect(
        self, endpoint: Endpoint
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address that takes us, all of them judged before."""
        addresses = await self._look_up(endpoint)
        if not all(self._rules.may_call(address) for address in addresses):
            raise Forbidden(endpoint.host)
        last: OSError = OSError("no address")
        for address in addresses:
            try:
                return await asyncio.open_connection(
                    str(address),
                    endpoint.port,
                    ssl=self._tls if endpoint.is_https else None,
                    server_hostname=endpoint.name if endpoint.is_https else None,
                )
            except TimeoutError:
                raise
            except OSError as error:
                last = error
        raise last

    async def _look_up(self, endpoint: Endpoint) -> Sequence[Address]:
        lookup = asyncio.get_running_loop().run_in_executor(
            self._threads, _addresses_of, endpoint.name, endpoint.port
        )
        self._lookups.add(lookup)
        lookup.add_done_callback(self._lookups.discard)
        return [ipaddress.ip_address(text) for text in await asyncio.shield(lookup)]


def _addresses_of(name: str, port: int) -> list[str]:
    """Return the addresses of a name, in the system's order; blocks."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _request(
    connection: h11.Connection, endpoint: Endpoint, headers: Headers, body: bytes
) -> bytes:
    request = h11.Request(
        method="POST",
        target=endpoint.target,
        headers=[
            ("Host", endpoint.host),
            *headers,
            ("Content-Length", str(len(body))),
            ("User-Agent", "parley"),
            ("Connection", "close"),
        ],
    )
    parts = (connection.send(request), connection.send(h11.Data(body)))
    return b"".join(part or b"" for part in (*parts, connection.send(h11.EndOfMessage())))


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    read = 0
    while not isinstance(event := connection.next_event(), h11.Response):
        if event is h11.NEED_DATA:
            data = await reader.read(READ_BYTES)
            read += len(data)
            connection.receive_data(data)
        if read > ANSWER_BYTES or isinstance(event, h11.ConnectionClosed):
            raise CallFailed("no answer that can be read")
    retry_after = dict(event.headers).get(b"retry-after")
    return Answer(event.status_code, None if retry_after is None else retry_after.decode("latin-1"))


def _without_address(error: Exception) -> str:
    """Say what went wrong; an error of h11 may repeat what was asked for."""
    return (error.strerror or "") if isinstance(error, OSError) else ""
