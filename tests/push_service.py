"""A push service on this machine, and browsers at it: they read what arrives, as theirs would.

Nothing of our own code is used to read: what arrives is decrypted here, as RFC 8188 and RFC 8291 have
it from the reader's side, and PyJWT checks who sent it.
"""

import asyncio
import contextlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.queue.domain.vapid import base64url, from_base64url

HANG = 0
"""Instead of a status: the request is read and never answered."""


@dataclass
class Arrived:
    """A push, as the browser has it in its hands."""

    headers: dict[str, str]
    told: dict[str, Any]


@dataclass
class Browser:
    """A browser that has subscribed."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey
    auth: bytes
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    @property
    def told(self) -> list[tuple[str, int]]:
        """Which room it was told of, and how many messages wait there; in the order of arrival."""
        return [(each.told["room"], each.told["waiting"]) for each in self.arrived]

    def to_json(self) -> dict[str, Any]:
        """Return what ``PushSubscription.toJSON()`` returns."""
        keys = {"p256dh": base64url(self.point), "auth": base64url(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


class PushService:
    """Answers pushes, as it is told to.

    Attributes:
        answers: statuses for the next requests, or ``HANG``; then everything is taken.
        always: a status for all of them, or ``HANG``.
        answer_headers: that each answer has.
        connections: how many were made.
        requests: how many came, whatever was answered.
        public_key: of whoever may push; any where it is empty.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[int] = []
        self.always: int | None = None
        self.answer_headers: list[tuple[str, str]] = []
        self.connections = self.requests = 0
        self.public_key = ""
        self._browsers: dict[str, Browser] = {}
        self._connections: set[asyncio.Task[Any]] = set()

    def browser(self) -> Browser:
        """Let a browser subscribe."""
        path = f"/push/{uuid.uuid4()}"
        private = ec.generate_private_key(ec.SECP256R1())
        browser = Browser(self.url + path, private, uuid.uuid4().bytes)
        self._browsers[path] = browser
        return browser

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            request, body = await _read(reader)
            if request is not None:
                await self._answer(request, body, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def stop(self) -> None:
        """Let go of whoever still waits."""
        for task in self._connections:
            task.cancel()

    async def _answer(
        self, request: h11.Request, body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        self.requests += 1
        status = self.answers.pop(0) if self.answers else self.always
        if status == HANG:
            await asyncio.Event().wait()
        if status is None:
            self._take(request, body)
            status = 201
        lines = [f"HTTP/1.1 {status} Any", "Content-Length: 0"]
        lines += [f"{name}: {value}" for name, value in self.answer_headers]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()

    def _take(self, request: h11.Request, body: bytes) -> None:
        headers = {name.decode(): value.decode() for name, value in request.headers}
        self._check_sender(headers["authorization"])
        browser = self._browsers[request.target.decode()]
        browser.arrived.append(Arrived(headers, json.loads(decrypted(body, browser))))

    def _check_sender(self, authorization: str) -> None:
        token, public = authorization.removeprefix("vapid t=").split(", k=")
        assert public == (self.public_key or public)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(public))
        # Its end is judged by those who know the time of the sender's clock.
        claims = jwt.decode(
            token,
            key,
            algorithms=["ES256"],
            audience=self.url,
            options={"require": ["aud", "exp", "sub"], "verify_exp": False},
        )
        assert claims["sub"].startswith(("mailto:", "https:"))
        self.last_exp = claims["exp"]


def decrypted(body: bytes, browser: Browser) -> bytes:
    """Return what a browser reads: the only record of a body, without its padding."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    assert len(record) <= size
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    secret = expanded(
        extracted(browser.auth, browser.private.exchange(ec.ECDH(), key)),
        b"WebPush: info\0" + browser.point + sender,
        32,
    )
    prk = extracted(salt, secret)
    aes = AESGCM(expanded(prk, b"Content-Encoding: aes128gcm\0", 16))
    text = aes.decrypt(expanded(prk, b"Content-Encoding: nonce\0", 12), record, None)
    whole = text.rstrip(b"\0")
    assert whole.endswith(b"\2")
    return whole[:-1]


def extracted(salt: bytes, secret: bytes) -> bytes:
    """HKDF-Extract (RFC 5869)."""
    return hmac.digest(salt, secret, "sha256")


def expanded(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869), for up to 32 bytes."""
    return hmac.digest(prk, info + b"\1", "sha256")[:length]


async def _read(reader: asyncio.StreamReader) -> tuple[h11.Request | None, bytes]:
    connection, request, body = h11.Connection(h11.SERVER), None, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.ConnectionClosed):
            return None, b""
    return request, body


@asynccontextmanager
async def push_service(host: str = "127.0.0.1") -> AsyncIterator[PushService]:
    """Run one on a port of its own, which is a host of its own to whoever pushes."""
    service = PushService("")
    server = await asyncio.start_server(service.serve, host, 0)
    service.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        await service.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await server.wait_closed()
