"""Whatever a client sends is answered with its code, and the connection lives on."""

import contextlib
import json
import uuid

import pytest

from clients.python.parley import Closed

ROOM = "018f0000-0000-7000-8000-000000000000"
CLIENT_ID = "018f0000-0000-4000-8000-000000000001"
FRAME_BYTES = 64 * 1024


def message(**members):
    return json.dumps(
        {"type": "message", "room": ROOM, "client_id": CLIENT_ID, "content": "x", **members}
    )


def with_raw(member, raw):
    """Write a ``message`` with a member as it stands, valid JSON or not."""
    return message(**{member: "@"}).replace('"@"', raw)


BAD_JSON = {
    "empty": "",
    "half an object": "{",
    "two objects": '{"type":"ping"}{"type":"ping"}',
    "something behind it": '{"type":"ping"} x',
    "single quotes": "{'type':'ping'}",
    "a comma too many": '{"type":"ping",}',
    "a comment": '{"type":"ping"} // hello',
    "a byte order mark": '\ufeff{"type":"ping"}',
    "NaN": '{"type":"delivered","room":"r","seq":NaN}',
    "Infinity": '{"type":"delivered","room":"r","seq":-Infinity}',
    "a number beyond all floats": '{"type":"delivered","room":"r","seq":1e999}',
    "a leading zero": '{"type":"delivered","room":"r","seq":01}',
    "a number of five thousand digits": with_raw("reply_to", "9" * 5000),
    "half a surrogate pair": with_raw("content", r'"\ud800"'),
    "the other half": with_raw("content", r'"\udc00\ud800"'),
    "a raw control character": '{"type":"ping","ref":"a\nb"}',
    "deep lists": '{"type":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}",
    "deep lists without an end": "[" * 60_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
}
BAD_FRAME = {
    "a list": ("[]", None),
    "null": ("null", None),
    "a number": ("1", None),
    "a string": ('"ping"', None),
    "no type": ("{}", "type"),
    "type is null": ('{"type":null}', "type"),
    "type is a list": ('{"type":["ping"]}', "type"),
    "type is a number": ('{"type":1}', "type"),
    "no room": ('{"type":"typing","is_typing":true}', "room"),
    "room is a number": (with_raw("room", "5"), "room"),
    "room is null": (with_raw("room", "null"), "room"),
    "no content": (f'{{"type":"message","room":"{ROOM}","client_id":"{CLIENT_ID}"}}', "content"),
    "empty content": (message(content=""), "content"),
    "blank content": (message(content=" \n\t\u2003\u00a0"), "content"),
    "content is too long": (message(content="x" * 4097), "content"),
    "content is too long in emoji": (message(content="\U0001f600" * 4097), "content"),
    "content holds NUL": (message(content="a\0b"), "content"),
    "content is a number": (with_raw("content", "1"), "content"),
    "content is an object": (with_raw("content", "{}"), "content"),
    "client_id is no UUID": (message(client_id="1"), "client_id"),
    "client_id in braces": (message(client_id="{" + CLIENT_ID + "}"), "client_id"),
    "client_id without hyphens": (message(client_id=CLIENT_ID.replace("-", "")), "client_id"),
    "client_id with a line end": (message(client_id=CLIENT_ID + "\n"), "client_id"),
    "client_id is null": (with_raw("client_id", "null"), "client_id"),
    "reply_to is zero": (message(reply_to=0), "reply_to"),
    "reply_to is negative": (message(reply_to=-1), "reply_to"),
    "reply_to is true": (message(reply_to=True), "reply_to"),
    "reply_to is a float": (with_raw("reply_to", "1.0"), "reply_to"),
    "reply_to is an exponent": (with_raw("reply_to", "1e2"), "reply_to"),
    "reply_to is a string": (message(reply_to="1"), "reply_to"),
    "reply_to in wide digits": (message(reply_to="\uff11\uff12\uff13"), "reply_to"),
    "reply_to is beyond 2^53": (message(reply_to=2**53), "reply_to"),
    "reply_to is beyond 2^64": (message(reply_to=2**64), "reply_to"),
    "reply_to is huge": (with_raw("reply_to", "9" * 4000), "reply_to"),
    "retry without attempt": (message(type="retry"), "attempt"),
    "the fourth attempt": (message(type="retry", attempt=4), "attempt"),
    "attempt zero": (message(type="retry", attempt=0), "attempt"),
    "seq is true": ('{"type":"delivered","room":"r","seq":true}', "seq"),
    "seq is zero": ('{"type":"read_receipt","room":"r","seq":0}', "seq"),
    "is_typing is a number": ('{"type":"typing","room":"r","is_typing":1}', "is_typing"),
    "unknown state": ('{"type":"activity","state":"asleep"}', "state"),
    "cursors is a list": ('{"type":"sync","cursors":[]}', "cursors"),
    "a cursor is negative": ('{"type":"sync","cursors":{"r":-1}}', "cursors"),
    "a cursor is true": ('{"type":"sync","cursors":{"r":true}}', "cursors"),
    "too many cursors": (
        json.dumps({"type": "sync", "cursors": {str(n): 0 for n in range(201)}}),
        "cursors",
    ),
    "ref is a number": ('{"type":"ping","ref":1}', "ref"),
    "ref is too long": (json.dumps({"type": "ping", "ref": "r" * 65}), "ref"),
}
UNSUPPORTED = {
    "unknown": '{"type":"shout"}',
    "empty": '{"type":""}',
    "capitals": '{"type":"PING"}',
    "a frame of the server": '{"type":"ack"}',
    "surrounded by spaces": '{"type":" ping "}',
}


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


@pytest.mark.parametrize("text", BAD_JSON.values(), ids=BAD_JSON)
async def test_what_is_no_json_is_bad_json(client, text):
    error = await error_for(client, text)

    assert (error["type"], error["code"]) == ("error", "bad_json")


@pytest.mark.parametrize(("text", "member"), BAD_FRAME.values(), ids=BAD_FRAME)
async def test_a_wrong_member_is_a_bad_frame_that_names_it(client, text, member):
    error = await error_for(client, text)

    assert (error["type"], error["code"]) == ("error", "bad_frame")
    assert list(error.get("fields", [])) == ([member] if member else [])


@pytest.mark.parametrize("text", UNSUPPORTED.values(), ids=UNSUPPORTED)
async def test_an_unknown_type_is_unsupported(client, text):
    error = await error_for(client, text)

    assert (error["type"], error["code"]) == ("error", "unsupported_type")


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


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("{", 400, "bad_json"),
        ('{"client_id":NaN}', 400, "bad_json"),
        ("[" * 60_000, 400, "bad_json"),
        ('{"content":"\\ud800"}', 400, "bad_json"),
        ("[]", 400, "bad_frame"),
        ("{}", 400, "bad_frame"),
        (f'{{"client_id":"{CLIENT_ID}","content":"a\\u0000b"}}', 400, "bad_frame"),
        (f'{{"client_id":"{CLIENT_ID}","content":" "}}', 400, "bad_frame"),
        (f'{{"client_id":"{CLIENT_ID}","content":"x","reply_to":true}}', 400, "bad_frame"),
        ("x" * (FRAME_BYTES + 1), 413, "too_large"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_http_answers_the_same_input_with_the_same_code(world, text, status, code):
    alice = world.person()
    room = world.room(alice)

    async with world.http(alice) as http:
        answer = await http.post(
            f"/rooms/{room}/messages", content=text, headers={"Content-Type": "application/json"}
        )

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.stored(room) == []


async def test_ids_in_paths_are_not_guessed_either(world):
    alice = world.person()
    room = world.room(alice)

    async with world.http(alice) as http:
        for name in (room.upper(), "{" + room + "}", room.replace("-", ""), str(uuid.uuid4())):
            answer = await http.get(f"/rooms/{name}/messages")
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
