"""The server here is real, on loopback, and as bad as it is told to be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from libs.common.fetching import FetchFailed, RemoteDocument
from tests.waiting import WITHIN_S

MAX_BYTES = 1000


@contextlib.asynccontextmanager
async def serving(*parts: bytes, stay: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer every request with these bytes, then hang up, or ``stay``; yield an address."""
    asked: list[bytes] = []
    over = asyncio.Event()
    answering: list[asyncio.Task[None]] = []

    async def answer(reader, writer):
        answering.extend(filter(None, [asyncio.current_task()]))
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            for part in parts:
                writer.write(part)
            if stay:
                await over.wait()
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys?v=1", asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*answering)


def document(url: str, *, within_s: float = 5.0) -> RemoteDocument:
    return RemoteDocument(url, max_bytes=MAX_BYTES, within_s=within_s)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
async def test_a_document_is_read_however_its_length_is_told(response):
    async with serving(response) as (url, asked):
        body = await document(url).read()

    assert body == b"hello"
    assert asked[0].startswith(b"GET /keys?v=1 HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "status 302"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", "status 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "RemoteProtocolError"),
        (b"", "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001, "more than 1000 bytes"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000, "more than 1000 bytes"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "RemoteProtocolError"),
    ],
)
async def test_what_is_no_good_answer_is_told_without_its_content(response, reason):
    async with serving(response) as (url, _):
        with pytest.raises(FetchFailed) as failed:
            await document(url).read()

    assert reason in str(failed.value)
    assert "hello" not in str(failed.value)


async def test_a_document_without_end_is_given_up():
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with serving(endless, stay=True) as (url, _), asyncio.timeout(WITHIN_S):
        with pytest.raises(FetchFailed) as failed:
            await document(url, within_s=0.05).read()

    assert str(failed.value) == "no answer within 0.05 s"


async def test_nobody_there_is_a_failure_like_any_other():
    async with serving(b"") as (url, _):
        pass

    with pytest.raises(FetchFailed):
        await document(url).read()


async def test_a_server_without_tls_is_not_asked_where_it_is_wanted():
    async with serving(b"HTTP/1.1 200 OK\r\n\r\n", stay=True) as (url, asked):
        with pytest.raises(FetchFailed):
            await document(url.replace("http:", "https:"), within_s=0.2).read()

    assert asked == []
