"""One request over HTTP(S), as a browser would send it: to the origin, or to another address for it."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.rules.way_in import Answer

READ_BYTES = 64 * 1024
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is.

    Attributes:
        scheme: ``http`` or ``https``.
        host: its name.
        port: its port.
        via: whom to connect to instead, where from here that is another.
    """

    scheme: str
    host: str
    port: int
    via: tuple[str, int] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Whom to connect to."""
        return self.via or (self.host, self.port)

    @property
    def authority(self) -> str:
        """What ``Host`` says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return name if usual else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """What a page of it says in ``Origin``."""
        return f"{self.scheme}://{self.authority}"

    @property
    def sockets(self) -> str:
        """Where its WebSockets are."""
        return f"{'wss' if self.scheme == 'https' else 'ws'}://{self.authority}"


def place_of(url: str, via: str | None = None) -> Place:
    """Read an address.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address begins with http:// or https://, and has a host")
    other = None
    if via is not None:
        name, _, number = via.rpartition(":")
        other = (name.strip("[]"), int(number))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Place(parts.scheme, parts.hostname, port, other)


async def ask(
    place: Place,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send one request, and return what is answered; no redirect is followed.

    Raises:
        Unreachable: there is no answer.
    """
    try:
        reader, writer = await _connected(place)
        try:
            connection = h11.Connection(h11.CLIENT)
            request = h11.Request(
                method=method,
                target=path,
                headers=[
                    ("Host", place.authority),
                    ("User-Agent", "parley-doctor"),
                    ("Connection", "close"),
                    ("Content-Length", str(len(body))),
                    *(headers or {}).items(),
                ],
            )
            head = connection.send(request) or b""
            rest = connection.send(h11.Data(data=body)) if body else b""
            writer.write(head + (rest or b"") + (connection.send(h11.EndOfMessage()) or b""))
            return await _answer(connection, reader)
        finally:
            writer.transport.abort()
    except (OSError, UnicodeError) as error:
        raise Unreachable(kind_of(error)) from None
    except h11.ProtocolError:
        raise Unreachable("broken") from None


def kind_of(error: Exception) -> str:
    """Classify why there is no connection; its text is told to nobody."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(error, ssl.SSLError):
        return "broken"
    return "name" if isinstance(error, socket.gaierror | UnicodeError) else "away"


async def certificate_ends_s(place: Place) -> float:
    """Return when the certificate of a site ends, in seconds since 1970.

    Raises:
        Unreachable: there is no connection, or it is not accepted.
    """
    try:
        _, writer = await _connected(place)
    except (OSError, UnicodeError) as error:
        raise Unreachable(kind_of(error)) from None
    certificate = writer.get_extra_info("peercert")
    writer.transport.abort()
    return float(ssl.cert_time_to_seconds(certificate["notAfter"]))


async def _connected(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = place.address
    if place.scheme == "http":
        return await asyncio.open_connection(host, port)
    tls = ssl.create_default_context()
    return await asyncio.open_connection(host, port, ssl=tls, server_hostname=place.host)


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    status, headers, body = 0, dict[str, str](), bytearray()
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > MAX_BYTES:
            break
    return Answer(status, headers, bytes(body))
