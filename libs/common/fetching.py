"""A small document of another server, read over HTTP(S) within bounds of time and size.

No redirect is followed, because it could lead to another host or out of TLS, and no proxy of the
environment is used. Nothing here blocks the event loop, and cancelling is safe: the connection is
the call's own and ends with it.
"""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import h11

READ_BYTES = 64 * 1024
OK = 200


class FetchFailed(Exception):
    """The document could not be had; the message says why, without its content.

    Args:
        why: for people.
        status: what was answered instead of a 200, where anything was.
    """

    def __init__(self, why: str, *, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class RemoteDocument:
    """One document at one address.

    Args:
        url: ``https://…``, or ``http://…`` where that is acceptable to whoever configured it.
        max_bytes: longest body that is read.
        within_s: how long everything may take together, connecting included.
        headers: more of them, or another ``Host``.
    """

    def __init__(
        self,
        url: str,
        *,
        max_bytes: int,
        within_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "parley",
            "Connection": "close",
            **(headers or {}),
        }
        self._max_bytes = max_bytes
        self._within_s = within_s

    async def read(self) -> bytes:
        """Return the body of a 200.

        Raises:
            FetchFailed: in every other case.
        """
        try:
            async with asyncio.timeout(self._within_s):
                return await self._read()
        except TimeoutError:
            raise FetchFailed(f"no answer within {self._within_s} s") from None
        except (OSError, h11.ProtocolError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    async def _read(self) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            connection = h11.Connection(h11.CLIENT)
            writer.write(self._request(connection))
            return await self._body(connection, reader)
        finally:
            writer.transport.abort()

    def _request(self, connection: h11.Connection) -> bytes:
        request = h11.Request(
            method="GET",
            target=self._target,
            headers=list(self._headers.items()),
        )
        return (connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b"")

    async def _body(self, connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
        body = bytearray()
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(READ_BYTES))
            elif isinstance(event, h11.Response) and event.status_code != OK:
                raise FetchFailed(f"status {event.status_code}", status=event.status_code)
            elif isinstance(event, h11.Data):
                body += event.data
            if len(body) > self._max_bytes:
                raise FetchFailed(f"more than {self._max_bytes} bytes")
        return bytes(body)
