"""daphne's protocols, with the bounds and the manners that they lack.

What a client does not read stops the application's ``send``, and what the application does not
take stops the client; frames, bodies and handshakes are bounded; close codes arrive.
What one would get wrong: after the upgrade of a WebSocket its HTTP channel still is what the
transport tells that its buffer is full, and nobody else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.web import http

BODY_BYTES_REFUSED = 1024 * 1024
"""A body above this is not read to its end; below it, the application judges."""
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
EVENTS_WAITING = 32
"""Events of one connection that the application may leave; then we stop reading."""
MOST_PARTS = 1024
"""Parts of one message that are kept apart."""
CLOSE_WITHIN_S = 5
"""How long a client may take to read what was written before its close frame."""
HANDSHAKE_WITHIN_S = 5
RESTARTING = 1012


@dataclass(eq=False)
class Connection:
    """One TCP connection, whatever is spoken on it.

    Attributes:
        open: all of them; it is a member until it is lost.
        leave: closes it in the manner of its protocol.
        writable: whether the transport takes more (its buffer is below 64 KiB, or it is gone).
        lost: done when the connection is gone.
    """

    transport: Any
    open: "set[Connection]"
    leave: Callable[[], None]
    writable: asyncio.Event = field(default_factory=asyncio.Event)
    lost: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def __post_init__(self) -> None:
        self.writable.set()
        self.open.add(self)

    def lose(self) -> None:
        """Take note that the connection is gone. Idempotent."""
        self.open.discard(self)
        self.writable.set()
        if not self.lost.done():
            self.lost.set_result(None)


class Inbox(asyncio.Queue[Any]):
    """What came over a WebSocket; reading stops while the application leaves too much of it."""

    def __init__(self, transport: Any) -> None:
        super().__init__()
        self._transport = transport
        self._paused = False

    def _put(self, item: Any) -> None:
        super()._put(item)
        if not self._paused and self.qsize() >= EVENTS_WAITING:
            self._paused = True
            self._transport.pauseProducing()

    def _get(self) -> Any:
        item = super()._get()
        if self._paused and self.empty():
            self._paused = False
            self._transport.resumeProducing()
        return item


class Channel(http.HTTPChannel):
    """The HTTP side of a connection; the transport tells it when to pause and to go on."""

    connection: Connection

    def connectionMade(self) -> None:
        """Begin; Twisted calls it."""
        everybody = self.factory.open
        self.connection = Connection(self.transport, everybody, leave=self.close_when_idle)
        super().connectionMade()

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self.connection.writable.clear()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """The transport's buffer is empty again."""
        self.connection.writable.set()
        super().resumeProducing()

    def connectionLost(self, reason: Any) -> None:
        """End; Twisted calls it, unless a WebSocket has taken the connection over."""
        self.connection.lose()
        super().connectionLost(reason)

    def close_when_idle(self) -> None:
        """Close at once, or behind the answer that is under way."""
        self.persistent = 0
        if not self.requests:
            self.loseConnection()


class Request(WebRequest):
    """One request. Its body is kept in memory, and bounded."""

    defaultContentType = None
    refused = False

    def __init__(self, channel: Channel, queued: int) -> None:
        # No parsing of forms: the application reads the body.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self.connection = channel.connection

    def gotLength(self, length: int | None) -> None:
        """Prepare for the body, or refuse it by its announced length."""
        self.content = BytesIO()
        if (length or 0) > BODY_BYTES_REFUSED:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a part of the body."""
        if self.refused:
            return
        if self.content.tell() + len(data) > BODY_BYTES_REFUSED:
            self._refuse()
        else:
            self.content.write(data)

    def _refuse(self) -> None:
        """Answer, and hang up when the rest has come: unread bytes would reset the connection."""
        self.refused = True
        self.channel.write(TOO_LARGE)
        self.channel.callLater(CLOSE_WITHIN_S, self.channel.loseConnection)

    def process(self) -> Any:
        """Hand the request to the application, or hang up."""
        return self.channel.loseConnection() if self.refused else super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Write a part of the answer; one to HEAD has no body, in however many parts it comes."""
        if message["type"] == "http.response.body" and self.method == b"HEAD":
            message = {**message, "body": b""}
        super().handle_reply(message)


class Socket(WebSocketProtocol):
    """One WebSocket."""

    message_data: list[bytes]

    def connectionMade(self) -> None:
        """Take the connection over from its HTTP channel."""
        self.connection: Connection = self.transport.producer.connection
        self.connection.leave = self.restart
        super().connectionMade()

    def connectionLost(self, reason: Any) -> None:
        """End; Twisted calls it."""
        self.connection.lose()
        super().connectionLost(reason)

    def onPing(self, payload: bytes) -> None:
        """Answer a ping, unless nobody reads the answers: they must not pile up.

        Source: RFC 6455, 5.5.3: only the most recent ping needs an answer.
        """
        if self.connection.writable.is_set():
            self.sendPong(payload)

    def onMessageFrame(self, payload: list[bytes]) -> None:
        """Collect a part of a message; many tiny ones must not cost more than one large."""
        super().onMessageFrame(payload)
        if len(self.message_data) > MOST_PARTS:
            self.message_data = [b"".join(self.message_data)]

    def serverClose(self, code: int | None = None) -> None:
        """Close with any code; autobahn's own way refuses those below 3000."""
        if self.state == self.STATE_CONNECTING:
            self.serverReject()
        else:
            self.sendCloseFrame(code=1000 if code is None else code)

    def restart(self) -> None:
        """Tell the client to come back after a moment, unless it is leaving already."""
        if self.state in (self.STATE_CONNECTING, self.STATE_OPEN):
            self.serverClose(RESTARTING)


class SocketFactory(WebSocketFactory):
    """Makes WebSockets.

    Args:
        server: what it reports to.
        frame_bytes: a message above this closes the connection with 1009.
        pong_within_s: a client that has sent nothing so long after a ping is dropped.
    """

    protocol = Socket

    def __init__(self, server: Any, *, frame_bytes: int, pong_within_s: float) -> None:
        super().__init__(server, server="")
        self.setProtocolOptions(
            # Otherwise a connection with a wrong frame is cut without saying why.
            failByDrop=False,
            maxMessagePayloadSize=frame_bytes,
            maxFramePayloadSize=frame_bytes,
            openHandshakeTimeout=HANDSHAKE_WITHIN_S,
            closeHandshakeTimeout=CLOSE_WITHIN_S,
            autoPingTimeout=pong_within_s,
            allowNullOrigin=True,  # the application judges the Origin
            tcpNoDelay=True,
        )


class Factory(http.HTTPFactory):
    """Makes the HTTP side of every connection, and knows which are open. No access log."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server
        self.open: set[Connection] = set()

    def buildProtocol(self, _address: Any) -> Any:
        """Make the protocol of a new connection."""
        channel = Channel()
        channel.factory = self
        channel.requestFactory = Request
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        return channel

    def log(self, request: Any) -> None:
        """Leave the access log to the ingress."""
