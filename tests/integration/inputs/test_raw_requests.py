"""Bytes that are no request, or one that can be read in two ways, at each service's own port.

No proxy stands in between, which would mend or refuse some of them. Source: RFC 9112.
"""

import contextlib

import pytest

from dev.services import SERVICES
from tests.integration.inputs.raw import Wire

NAMES = [service.name for service in SERVICES]
BIG = 70_000
CLOSES = b"Connection: close\r\n"


def get(
    path=b"/api/%s/nothing", *, first=b"GET %s HTTP/1.1", host=b"Host: 127.0.0.1\r\n", more=b""
):
    return first % path + b"\r\n" + host + CLOSES + more + b"\r\n"


def post(more, body):
    return get(first=b"POST %s HTTP/1.1", more=more) + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked\r\n", body)


REFUSED = {
    "no request line": (b"\r\n\r\n\r\nx\r\n\r\n", 400),
    "letters": (b"hello\r\n\r\n", 400),
    "bytes": (bytes(range(128, 256)) * 4 + b"\r\n\r\n", 400),
    "NUL": (b"\0" * 64 + b"\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 64, 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/3.0": (get(first=b"GET %s HTTP/3.0"), 400),
    "HTTP/1.2": (get(first=b"GET %s HTTP/1.2"), 400),
    "HTTP/11": (get(first=b"GET %s HTTP/11"), 400),
    "an unknown method": (get(first=b"SHOUT %s HTTP/1.1"), 400),
    "a method in lower case": (get(first=b"get %s HTTP/1.1"), 400),
    "a space in the path": (get(b"/a b"), 400),
    "a path that is none": (get(b"api"), 400),
    "a tab in the path": (get(b"/a\tb"), 400),
    "NUL in the path": (get(b"/a\0b"), 400),
    "a path of bytes that are no ASCII": (get(b"/\xff\xfe"), 400),
    "a path in UTF-8": (get("/é".encode()), 400),
    "a query of bytes that are no ASCII": (get(b"/api/chat/nothing?a=\xff"), 400),
    "a query in UTF-8": (get("/api/chat/nothing?a=é".encode()), 400),
    "a header without a colon": (get(more=b"x\r\n"), 400),
    "a header without a name": (get(more=b": x\r\n"), 400),
    "a header with a space before the colon": (get(more=b"A : x\r\n"), 400),
    "a header with a space in its name": (get(more=b"A b: x\r\n"), 400),
    "a header with NUL": (get(more=b"A: x\0y\r\n"), 400),
    "a header name that is no ASCII": (get(more=b"\xe9: x\r\n"), 400),
    "a header that is folded": (get(more=b"A: x\r\n y\r\n"), 400),
    "a bare line feed in a header": (get(more=b"A: x\ny: z\r\n"), 400),
    "a bare carriage return in a header": (get(more=b"A: x\ry\r\n"), 400),
    "a length that is no number": (post(b"Content-Length: x\r\n", b"{}"), 400),
    "a negative length": (post(b"Content-Length: -1\r\n", b"{}"), 400),
    "a length with a sign": (post(b"Content-Length: +2\r\n", b"{}"), 400),
    "a length in hexadecimal": (post(b"Content-Length: 0x2\r\n", b"{}"), 400),
    "a length beyond all": (post(b"Content-Length: " + b"9" * 40 + b"\r\n", b"{}"), 400),
    "two lengths": (post(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"), 400),
    "a length and chunks": (
        post(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        400,
    ),
    "chunks that are not the last encoding": (
        post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
        400,
    ),
    "a body that is too large": (post(b"Content-Length: %d\r\n" % BIG, b"x" * BIG), 413),
    "a body that is said to be too large": (post(b"Content-Length: 99999999\r\n", b""), 413),
    "chunks that are too large together": (
        chunked(b"%x\r\n%s\r\n" % (BIG // 2, b"x" * (BIG // 2)) * 2 + b"0\r\n\r\n"),
        413,
    ),
    "a chunk that is too large": (
        chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (BIG, b"x" * BIG)),
        413,
    ),
    "a chunk with a negative size": (chunked(b"-1\r\n{}\r\n0\r\n\r\n"), 400),
    # What is announced is waited for, as any body is; what has come is counted.
    "a chunk of the greatest size": (chunked(b"ffffffffffffffff\r\n" + b"x" * BIG), 413),
    "a chunk with a size of 65 bits": (chunked(b"10000000000000002\r\n{}\r\n0\r\n\r\n"), 400),
    "a chunk with a size beyond all": (chunked(b"f" * 40 + b"\r\n{}\r\n0\r\n\r\n"), 400),
    "nothing at all but a length": (post(b"Content-Length: 0\r\n", b""), 404),
    "a Host twice": (get(host=b"Host: 127.0.0.1\r\nHost: evil.example\r\n"), 400),
    "a Host of bytes": (get(host=b"Host: \xff\r\n"), 400),
    "a Host that is empty": (get(host=b"Host: \r\n"), 400),
    "a Host that is none": (get(host=b"Host: a b:c\r\n"), 400),
    # What RFC 9112 would let a server refuse, and is served as if it were right.
    "no Host": (get(host=b""), 404),
    "no version": (get(first=b"GET %s"), 404),
    "two spaces": (get(first=b"GET  %s HTTP/1.1"), 404),
    "a foreign address": (get(b"http://evil.example/api/%s/nothing"), 404),
    "everything": (get(b"*", first=b"OPTIONS %s HTTP/1.1"), 404),
    "a tunnel": (get(b"evil.example:443", first=b"CONNECT %s HTTP/1.1"), 400),
    "an upgrade to HTTP/2": (get(more=b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), 404),
    "many headers": (get(more=b"A: x\r\n" * 2000), 404),
    "a long header": (get(more=b"A: " + b"x" * 60_000 + b"\r\n"), 404),
    "a slash too many": (get(b"//api/%s/nothing"), 404),
    "only a percent sign": (get(b"/api/%s/%"), 404),
    "odd percents": (get(b"/api/%s/%zz?%=%zz&%"), 404),
}


@pytest.fixture(params=NAMES)
def service(request):
    """The name of a service."""
    return request.param


def own_url(world, service):
    return f"http://127.0.0.1:{world.suite.process(service).port}"


async def test_each_gets_its_status_and_the_next_connection_is_served(world, service):
    wrong = {}

    for name, (sent, status) in REFUSED.items():
        found = await status_of(own_url(world, service), in_service(sent, service))
        if found != status:
            wrong[name] = (status, found)
        assert await status_of(own_url(world, service), healthy(service)) == 200

    assert wrong == {}


async def status_of(url, sent):
    """Send bytes; return the status of the answer, or None where there is none."""
    async with Wire.to(url) as wire:
        await wire.send(sent)
        with contextlib.suppress(EOFError, ConnectionError):
            return (await wire.head())[0]
    return None


def in_service(sent, service):
    return sent.replace(b"/api/%s/", f"/api/{service}/".encode())


def healthy(service):
    return get(f"/api/{service}/healthz".encode())


async def test_what_stands_behind_a_request_is_not_read_as_one_that_nobody_made(world, service):
    # A proxy that reads the length otherwise than we do would let somebody speak for somebody else.
    hidden = healthy(service)
    tricks = [
        (post(b"Content-Length: %d\r\n" % len(hidden), hidden), 404),
        (chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden)), 404),
        (chunked(b"0\r\nContent-Length: 5\r\n\r\n"), 400),
        (chunked(b"0\r\n\r\n" + hidden), 404),
    ]

    for trick, status in tricks:
        async with Wire.to(own_url(world, service)) as wire:
            await wire.send(in_service(trick, service))
            found, _ = await wire.head()
            left = await wire.rest()
            assert (trick, found) == (trick, status)
            assert b"HTTP/1.1" not in left


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /api/%s/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        post(b"Content-Length: 100\r\n", b"{"),
        post(b"Transfer-Encoding: chunked\r\n", b"5\r\n{"),
    ],
    ids=["nothing", "a letter", "half a head", "half a body", "half a chunk"],
)
async def test_who_hangs_up_in_the_middle_leaves_nothing_behind(world, service, sent):
    async with Wire.to(own_url(world, service)) as wire:
        await wire.send(in_service(sent, service))
        wire.say_no_more()

    assert await status_of(own_url(world, service), healthy(service)) == 200
