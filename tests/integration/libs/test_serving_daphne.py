"""daphne in a process of its own: what it bounds, how it closes, how it ends."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import uuid

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dev.ports import free_port
from tests.integration.libs.echo import GRACE_S

WITHIN_S = 60.0
EVENTS_WAITING = 32
"""As in libs.common.daphne_connections, which can only be imported where daphne serves."""
MIB = 1024 * 1024


class Program:
    """The program ``echo``, and what it said so far."""

    def __init__(self, folder, *, ping_every_s=30.0, grace_s=GRACE_S, port=None):
        self.port = port or free_port()
        self._said = folder / f"said-{uuid.uuid4()}"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-W", "error", "-m", "tests.integration.libs.echo"),
                    *(str(self.port), str(ping_every_s), str(grace_s)),
                ],
                stdout=said,
                stderr=said,
            )

    @property
    def said(self):
        return self._said.read_text().splitlines()

    async def until(self, word):
        """Wait until a line has a word in it."""
        async with asyncio.timeout(WITHIN_S):
            while not any(word in line for line in self.said):
                assert self.process.poll() is None, self.said
                await asyncio.sleep(0.02)

    async def status(self):
        """Wait for its end; return its status."""
        return await asyncio.to_thread(self.process.wait, WITHIN_S)

    def end(self):
        self.process.kill()
        self.process.wait()

    def connect(self, **options):
        return connect(f"ws://127.0.0.1:{self.port}/", compression=None, **options)

    def http(self):
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=WITHIN_S)


async def close_of(opened):
    """Read to the end; return the close code."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await opened.recv()
            except ConnectionClosed:
                return opened.close_code


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """For tests that leave it as it was."""
    program = Program(tmp_path_factory.mktemp("daphne"))
    yield program
    program.end()


@pytest.fixture
async def program(shared):
    await shared.until("serving")
    return shared


@pytest.fixture
def start(tmp_path):
    """Start one more; it ends with the test."""
    with contextlib.ExitStack() as ends:

        def start(**options):
            program = Program(tmp_path, **options)
            ends.callback(program.end)
            return program

        yield start


@pytest.fixture
async def own(start):
    """For tests that end it."""
    program = start()
    await program.until("serving")
    return program


async def test_bodies_arrive_whole_up_to_a_mebibyte_and_not_beyond(program):
    async def parts(size):
        for _ in range(0, size, 65_536):
            yield b"z" * 65_536

    async with program.http() as http:
        whole = await http.post("/", content=b"z" * MIB)
        in_parts = await http.post("/", content=parts(MIB))
        refused = [
            await http.post("/", content=b"z" * (MIB + 1)),
            await http.post("/", content=parts(3 * MIB)),
        ]

    assert [whole.text, in_parts.text] == [f"{MIB} bytes"] * 2
    assert [answer.status_code for answer in refused] == [413, 413]


async def test_an_answer_to_head_has_no_body_and_none_names_the_server(program):
    async with program.http() as http:
        head, after = await http.head("/"), await http.get("/")

    # What had followed the head would be taken for the next answer.
    assert (head.status_code, head.content, after.text) == (200, b"", "0 bytes")
    assert "server" not in after.headers


@pytest.mark.parametrize("code", [1000, 1003, 1012, 4008])
async def test_every_close_code_arrives(program, code):
    async with program.connect() as opened:
        await opened.send(f"close {code}")

        assert await close_of(opened) == code


async def test_a_message_over_the_limit_is_told_1009_and_one_at_the_limit_is_read(program):
    async with program.connect(max_size=None) as opened:
        await opened.send("x" * MIB)
        assert len(await opened.recv()) == MIB

        await opened.send(part for part in ("x" * MIB, "x"))
        assert await close_of(opened) == 1009


async def test_who_does_not_read_stops_the_application_until_they_read(program):
    parts = 400

    async with program.connect(max_queue=1, ping_interval=None) as opened:
        await opened.send(f"flood {parts}")
        stopped_at = await until_still(lambda: len(program.said))
        received = [await opened.recv() for _ in range(parts)]

    assert stopped_at < parts / 2
    assert len(received) == parts


async def test_an_application_that_takes_nothing_stops_the_client(program):
    sent = 0

    async def send_all(opened):
        nonlocal sent
        for _ in range(200):
            await opened.send("x" * (MIB - 1))
            sent += 1

    async with program.connect(ping_interval=None, close_timeout=0.1) as opened:
        await opened.send("deaf")
        sending = asyncio.create_task(send_all(opened))
        stopped_at = await until_still(lambda: sent, above=EVENTS_WAITING - 1)
        sending.cancel()
        opened.transport.abort()

    assert EVENTS_WAITING <= stopped_at < 3 * EVENTS_WAITING


async def until_still(count, *, above=0):
    """Wait until a count has grown above a value and then stands still; return it."""
    last = 0
    async with asyncio.timeout(WITHIN_S):
        while last <= above or last != count():
            last = count()
            await asyncio.sleep(0.5)
    return last


async def test_a_silent_client_is_dropped_and_one_that_answers_pings_is_not(start):
    program = start(ping_every_s=1.0)
    await program.until("serving")
    _, writer = await asyncio.open_connection("127.0.0.1", program.port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )

    async with program.connect(ping_interval=None) as opened:
        await program.until("left")
        await opened.send("here")
        assert await opened.recv() == "here"

    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_the_end_comes_in_order_and_everybody_is_told(start):
    own = start(grace_s=WITHIN_S)
    await own.until("serving")
    async with own.http() as http, own.connect() as opened:
        await http.get("/")
        slow = asyncio.create_task(http.get("/slow"))
        await own.until("slow")
        own.process.send_signal(signal.SIGTERM)

        assert await close_of(opened) == 1012
        assert (await slow).text == "0 bytes"
        assert await own.status() == 0

    assert own.said[-3:] == ["before stop", "left", "served"]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", own.port)


async def test_who_does_not_leave_is_waited_for_and_not_for_ever(own):
    began_s = asyncio.get_running_loop().time()

    async with own.http() as http:
        never = asyncio.create_task(http.get("/never"))
        await own.until("never")
        own.process.send_signal(signal.SIGINT)
        status = await own.status()
        with pytest.raises(httpx.TransportError):
            await never

    assert status == 0
    assert asyncio.get_running_loop().time() - began_s >= GRACE_S


async def test_a_second_signal_hurries(start):
    patient = start(grace_s=3 * WITHIN_S)  # what follows waits less long
    await patient.until("serving")
    async with patient.http() as http:
        never = asyncio.create_task(http.get("/never"))
        await patient.until("never")
        patient.process.send_signal(signal.SIGTERM)
        await patient.until("before stop")
        patient.process.send_signal(signal.SIGTERM)
        status = await patient.status()
        with pytest.raises(httpx.TransportError):
            await never

    assert status == 0


async def test_a_port_that_is_taken_ends_the_program(start, program):
    second = start(port=program.port)

    assert await second.status() == 1
