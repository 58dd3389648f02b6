"""A running chat does what RFC 6455 asks of a server: cases of ``rfc6455``, byte by byte.

Over the process's own port, where its fast way from and to the transport is at work, and not
another server's. Section 4.2, the handshake, stands here; the others in the table.
"""

import asyncio
import contextlib
import json
import struct

import pytest

from tests.integration.inputs.raw import (
    CLOSE,
    PONG,
    TEXT,
    Received,
    Wire,
    close,
    frame,
    handshake,
)
from tests.integration.inputs.rfc6455 import CLOSED, SERVED

ACCEPTED = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The answer to the key of every handshake here. Source: RFC 6455, 1.3."""
OF_THEMSELVES = {"drained", "presence"}
"""Types of frames that come whatever a client does."""
LAST = json.dumps({"type": "ping", "ref": "last"}).encode()
REFUSED = {
    "no key": ({"without": ["Sec-WebSocket-Key"]}, 400),
    "a key that is too short": ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400),
    "a key that is no base64": ({"Sec_WebSocket_Key": "?" * 24}, 400),
    "no version": ({"without": ["Sec-WebSocket-Version"]}, 400),
    "an older version": ({"Sec_WebSocket_Version": "8"}, 426),
    "a version that is no number": ({"Sec_WebSocket_Version": "thirteen"}, 426),
    "POST": ({"method": "POST"}, 405),
    "a header without end": ({"Cookie": "a=" + "x" * 20_000}, 400),
    "a path of bytes that are no ASCII": ({"path": "/ws/chat/é"}, 400),
    "a query of bytes that are no ASCII": ({"path": "/ws/chat/?a=é"}, 400),
    "an unknown path": ({"path": "/ws/chat/other"}, 403),
    "a foreign page": ({"Origin": "http://evil.example"}, 403),
    "a page that is none": ({"Origin": "http://["}, 403),
    "a page of bytes that are no ASCII": ({"Origin": "http://é"}, 403),
    "no upgrade": ({"without": ["Upgrade"]}, 404),
    "another upgrade": ({"Upgrade": "h2c"}, 404),
    "no connection": ({"without": ["Connection"]}, 404),
}
ACCEPTED_TOO = {
    "upper case": {"Upgrade": "WEBSOCKET", "Connection": "UPGRADE"},
    "several connections": {"Connection": "keep-alive, Upgrade"},
    "subprotocols that nobody speaks": {"Sec_WebSocket_Protocol": "soap, wamp"},
    "extensions that nobody speaks": {"Sec_WebSocket_Extensions": "permessage-deflate, x-y; a=b"},
    "a header of bytes that are no ASCII": {"X_Name": "é"},
    # Which 4.2.1 would let a server refuse; uvicorn reads no version, and the host decides nothing.
    "an older HTTP": {"version": "HTTP/1.0"},
    "no host": {"without": ["Host"]},
    "an odd cookie": {"Cookie": 'é; ;=;"'},
}


@pytest.fixture(scope="module")
def person(world):
    """Somebody who may open sockets."""
    return world.person()


@pytest.fixture
def opened(world, person):
    """Open sockets that have got their ``welcome``."""

    @contextlib.asynccontextmanager
    async def open_one():
        async with Wire.to(world.chats[0]) as wire:
            await wire.send(handshake(person.token))
            status, _ = await wire.head()
            assert status == 101
            assert json.loads((await wire.receive()).payload)["type"] == "welcome"
            yield wire

    return open_one


async def differing(cases, outcome_of):
    """Play all cases at the same time; return wanted and found where these are not the same."""
    found = await asyncio.gather(*(outcome_of(case) for case in cases.values()))
    pairs = zip(cases, found, strict=True)
    return {name: pair for name, pair in pairs if pair[0] != pair[1]}


async def test_what_is_right_is_served_and_the_connection_lives(opened):
    async def outcome_of(case):
        received: list[Received] = []
        async with opened() as wire:
            await wire.send(*case.sent, frame(TEXT, LAST))
            while not received or b'"last"' not in received[-1].payload:
                received.append(await wire.receive())
        assert all(each.first & 0xF0 == 0x80 for each in received)
        pongs = [each.payload for each in received if each.opcode == PONG]
        answers = [json.loads(each.payload)["type"] for each in received if each.opcode == TEXT]
        wanted = list(case.pongs), ["pong"] * (case.answers + 1)
        return wanted, (pongs, [each for each in answers if each not in OF_THEMSELVES])

    assert await differing(SERVED, outcome_of) == {}


async def test_what_is_wrong_ends_the_connection_with_its_code(opened):
    async def outcome_of(case):
        async with opened() as wire:
            await wire.send(*case.sent)
            received = await wire.until_hung_up()
        found = [(each.opcode, each.payload) for each in received if each.opcode != TEXT]
        pongs = [(PONG, payload) for payload in case.pongs]
        closes = [(CLOSE, b"" if case.code is None else struct.pack("!H", case.code))]
        # Words behind a code are for people; nothing comes behind a close.
        return pongs + closes, [(opcode, cut(opcode, payload)) for opcode, payload in found]

    def cut(opcode, payload):
        return payload[:2] if opcode == CLOSE else payload

    assert await differing(CLOSED, outcome_of) == {}


@pytest.mark.parametrize("sent", [b"", frame(TEXT, b"x" * 100)[:50]], ids=["between", "within"])
async def test_who_hangs_up_between_or_within_frames_is_let_go(opened, sent):
    async with opened() as wire:
        await wire.send(sent)
        wire.say_no_more()

        left = await wire.until_hung_up()

    assert CLOSE not in [each.opcode for each in left]


@pytest.mark.parametrize(("changed", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_handshake_that_is_none_is_refused_with_a_status(world, person, changed, status):
    async with Wire.to(world.chats[0]) as wire:
        await wire.send(handshake(person.token, **changed))

        assert (await wire.head())[0] == status


@pytest.mark.parametrize("changed", ACCEPTED_TOO.values(), ids=ACCEPTED_TOO)
async def test_what_a_handshake_may_have_besides_changes_nothing(world, person, changed):
    async with Wire.to(world.chats[0]) as wire:
        await wire.send(handshake(person.token, **changed))
        status, headers = await wire.head()
        welcome = await wire.receive()
        await wire.send(close())

        assert (status, headers["sec-websocket-accept"]) == (101, ACCEPTED)
        assert not {"sec-websocket-protocol", "sec-websocket-extensions"}.intersection(headers)
        assert json.loads(welcome.payload)["type"] == "welcome"


async def test_an_older_version_is_told_which_one_is_spoken(world, person):
    async with Wire.to(world.chats[0]) as wire:
        await wire.send(handshake(person.token, Sec_WebSocket_Version="8"))
        _, headers = await wire.head()

    assert headers["sec-websocket-version"] == "13"
