"""What is odd about a frame, and not only bad: its size, its echo, what comes out as it went in.

What is answered to each bad one stands in ``tests/integration/inputs``.
"""

import contextlib
import json

import pytest

from clients.python.parley import Closed

ROOM = "018f0000-0000-7000-8000-000000000000"
CLIENT_ID = "018f0000-0000-4000-8000-000000000001"
FRAME_BYTES = 64 * 1024


def message(**members):
    return json.dumps(
        {"type": "message", "room": ROOM, "client_id": CLIENT_ID, "content": "x", **members}
    )


@pytest.fixture
async def client(world):
    async with world.client(world.person()) as client:
        yield client


async def error_for(client, text):
    """Send a text and return its error; the connection answers a ``ping`` afterwards."""
    await client.socket.send_text(text)
    await client.until(lambda: client.frames, what="the error")
    await client.ask({"type": "ping"})
    [error, pong] = client.frames
    assert pong["type"] == "pong"
    return error


async def test_an_error_repeats_ref_and_client_id_wherever_they_can_be_read(client):
    ref = {"ref": "mine"}
    for frame, code in (
        ({"type": "shout", **ref}, "unsupported_type"),
        ({"type": "typing", **ref}, "bad_frame"),
        (json.loads(message(content="", **ref)), "bad_frame"),
        (json.loads(message(content="\0", **ref)), "bad_frame"),
        (json.loads(message(**ref)), "permission_denied"),
        ({"type": "typing", "room": ROOM, "is_typing": True, **ref}, "permission_denied"),
    ):
        error = await error_for(client, json.dumps(frame))

        assert (error["code"], error["ref"]) == (code, "mine")
        assert error.get("client_id") == frame.get("client_id")
        client.frames.clear()


@pytest.mark.both_servers
async def test_a_frame_over_64_kib_is_too_large_and_one_below_is_read(client):
    def ping_of(size, filler="x"):
        frame = json.dumps({"type": "ping", "padding": ""}, ensure_ascii=False)
        return frame[:-2] + filler * ((size - len(frame)) // len(filler.encode())) + '"}'

    largest = ping_of(FRAME_BYTES)
    assert len(largest.encode()) == FRAME_BYTES
    await client.socket.send_text(largest)
    await client.until(lambda: client.frames, what="the answer")
    assert client.frames.pop()["type"] == "pong"

    for text in (largest + " ", ping_of(3 * FRAME_BYTES, "€"), "x" * (1024 * 1024 - 1)):
        error = await error_for(client, text)
        assert (error["type"], error["code"]) == ("error", "too_large")
        client.frames.clear()


@pytest.mark.both_servers
@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda socket: socket.send_text("x" * (1024 * 1024 + 1)), 1009),
        (lambda socket: socket.send_binary(b'{"type":"ping"}'), 1003),
        (lambda socket: socket.send_text(b'{"type":"ping","ref":"\xff"}'), 1007),
        (lambda socket: socket.send_text(b'{"ref":"\xed\xa0\x80"}'), 1007),
    ],
    ids=["over 1 MiB", "binary", "bad UTF-8", "a surrogate in UTF-8"],
)
async def test_what_is_no_text_frame_at_all_closes_the_connection(client, send, code):
    await send(client.socket)

    assert await client.until_closed() == code


@pytest.mark.both_servers
@pytest.mark.parametrize("size", [1024 * 1024 + 1, 4 * 1024 * 1024])
async def test_a_close_code_arrives_however_much_was_still_on_its_way(world, size):
    alice = world.person()

    for url in [world.url, *world.chats] * 2:
        async with world.client(alice, url=url) as client:
            with contextlib.suppress(Closed):
                await client.socket.send_text("x" * size)
            assert await client.until_closed() == 1009


async def test_extra_members_are_ignored_and_ids_are_not_guessed(world):
    alice = world.person()
    room = world.room(alice)

    async with world.client(alice) as client:
        extra = await client.say(room, "with extras", colour="red", nested={"a": [1]})
        capital = await client.say(room.upper(), "capitals")
        braces = await client.say("{" + room + "}", "braces")

    assert extra["type"] == "ack"
    assert [capital["code"], braces["code"]] == ["permission_denied"] * 2


@pytest.mark.parametrize(
    "content",
    [
        "\U0001f600" * 4096,
        "  spaces stay  \n",
        "\1\2\x1f\x7f\u2028\ufeff\U0010ffff",
        "{\"a\",'b\\\\c'} NULL null $1 %s",
        "👩\u200d👩\u200d👧 e\u0301 \u202e",
        "null",
    ],
    ids=["the longest", "spaces", "odd characters", "quotes", "joined", "null"],
)
async def test_content_comes_out_as_it_went_in(world, content):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    async with world.client(alice) as sender, world.client(bob) as reader, world.http(bob) as http:
        ack = await sender.say(room, content)
        await reader.until_seqs(room, 1)
        history = (await http.get(f"/rooms/{room}/messages")).json()

    assert ack["type"] == "ack"
    assert reader.messages(room)[0]["content"] == content
    assert history["messages"][0]["content"] == content
    assert world.stored(room)[0][2] == content
