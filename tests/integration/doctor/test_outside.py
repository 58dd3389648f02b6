"""Things that stand in front where Parley should, and spoil one thing each."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from libs.common.clock import SystemClock
from libs.common.doctor import checks
from libs.common.doctor.asking.http import ask, place_of
from libs.common.doctor.asking.sockets import open_socket
from libs.common.doctor.checks import Verdict
from libs.common.doctor.looks import all_of
from libs.common.doctor.outside import Outside
from libs.common.doctor.rules.way_in import BODY_BYTES
from libs.common.secure_headers import HEADERS
from tests.integration.doctor.surroundings import the

HOST = "127.0.0.1"
WELL = '{"status":"ok"}'


@contextlib.asynccontextmanager
async def server(handle, *, tls=None):
    """Serve on a port of this machine as long as the block lasts; give the address."""
    ended, writers = [], []

    async def serve(reader, writer):
        over = asyncio.Event()
        ended.append(over.wait())
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()
        over.set()

    running = await asyncio.start_server(serve, HOST, 0, ssl=tls)
    port = running.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://{HOST}:{port}"
    finally:
        running.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*ended)


def answering(status, body="", headers=()):
    """Answer every request so, however long its body is."""

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-len")]
        await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
        more = "".join(f"{name}: {value}\r\n" for name, value in headers)
        length = f"content-length: {len(body)}"
        writer.write(f"HTTP/1.1 {status} Said\r\n{more}{length}\r\n\r\n{body}".encode())

    return handle


async def silent(reader, writer):
    await reader.read()


def outside(url, **changed):
    given = Outside(
        place=place_of(url),
        told=True,
        trusted=(),
        development=True,
        idle=False,
        token=None,
        clock=SystemClock(),
    )
    return replace(given, **changed)


async def look(url, **changed):
    chosen = outside(url, **changed)
    return await all_of([chosen.first_look(), *chosen.looks()])


async def test_a_page_of_somebody_else_is_not_taken_for_parley():
    async with server(answering(200, "<html>")) as url:
        found = await look(url)

    services = [each for each in found if each.check is checks.WAY_IN_SERVICES]
    assert {each.verdict for each in services} == {Verdict.WRONG}
    assert the(found, "way_in.headers").verdict is Verdict.WRONG
    assert "Upgrade" in the(found, "way_in.sockets").do


async def test_headers_that_arrive_are_seen():
    async with server(answering(200, WELL, HEADERS.items())) as url:
        found = await look(url)

    assert the(found, "way_in.headers").verdict is Verdict.OK
    assert the(found, "way_in.services", about="queue").verdict is Verdict.OK


async def test_a_proxy_that_refuses_pictures_is_named():
    async with server(answering(413, "<html>", [("content-type", "text/html")])) as url:
        found = await look(url)

    assert the(found, "way_in.body").verdict is Verdict.WRONG
    assert "1 MiB" in the(found, "way_in.body").do


async def test_all_of_a_picture_is_sent():
    taken = []

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        taken.append(len(await reader.readexactly(BODY_BYTES)))
        writer.write(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n")

    async with server(handle) as url:
        await ask(place_of(url), "/", method="PUT", body=bytes(BODY_BYTES))

    assert taken == [BODY_BYTES]


async def test_who_says_nothing_is_told_in_time():
    async with server(silent) as url:
        found = await look(url)

    assert {each.verdict for each in found if each.check is not checks.WAY_IN_PROXIES} == {
        Verdict.WRONG
    }
    assert "no answer within 2 s" in the(found, "way_in").seen


async def test_who_speaks_no_http_is_told_as_that():
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"500 unrecognized command\r\n")

    async with server(handle) as url:
        found = await look(url)

    assert the(found, "way_in").seen == "What answers there is no HTTP."
    assert the(found, "way_in.sockets").verdict is Verdict.WRONG


async def test_a_name_that_is_reached_elsewhere_is_asked_there():
    hosts: list[bytes] = []

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        hosts.extend(line for line in head.split(b"\r\n") if line.startswith(b"Host:"))
        writer.write(b"HTTP/1.1 200 Fine\r\ncontent-length: 0\r\n\r\n")

    async with server(handle) as url:
        place = place_of("http://chat.invalid", url.partition("//")[2])
        await ask(place, "/healthz")
        refused = await open_socket(place, origin=place.origin, for_s=1)

    assert refused.status == 200
    assert hosts == [b"Host: chat.invalid", b"Host: chat.invalid"]


async def test_a_certificate_that_nobody_knows_is_told_as_that(certificate):
    tls, _ = certificate(60)
    async with server(answering(200, WELL), tls=tls) as url:
        found = await look(url)

    assert "certificate" in the(found, "way_in").seen
    assert the(found, "way_in.certificate").verdict is Verdict.WRONG
    assert the(found, "way_in.sockets").verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("days", "verdict"), [(60, Verdict.OK), (10, Verdict.LOOK), (1, Verdict.WRONG)]
)
async def test_the_days_of_a_certificate_are_counted(certificate, monkeypatch, days, verdict):
    tls, file = certificate(days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with server(answering(200, WELL), tls=tls) as url:
        found = await look(url)

    assert the(found, "way_in").verdict is Verdict.OK
    assert the(found, "way_in.certificate").verdict is verdict


async def test_a_certificate_that_has_ended_is_told_as_that(certificate, monkeypatch):
    tls, file = certificate(-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with server(answering(200, WELL), tls=tls) as url:
        found = await look(url)

    assert "ended" in the(found, "way_in.certificate").seen


async def test_a_silent_socket_cannot_be_held_by_nobody():
    async with server(answering(200, WELL)) as url:
        found = await look(url, idle=True)

    assert the(found, "way_in.idle").verdict is Verdict.LOOK
    assert "--token" in the(found, "way_in.idle").do
