"""Thousands of inputs that were good once: each gets an answer of the protocol, and none is a bug.

``INPUTS_SEED`` chooses others than usually, ``INPUTS_TIMES`` so many times more of them; what fails
is told with the seed.
"""

import itertools
import json
import random
import struct
import uuid

import pytest

from libs.common.errors import ParleyError
from tests.fuzz import reference
from tests.integration.inputs.mutations import flipped, mutant
from tests.integration.inputs.raw import CLOSE, CONT, PING, TEXT, Wire, close, frame, handshake
from tests.integration.inputs.settings import INPUTS
from tests.integration.inputs.stage import ask, unharmed

FRAMES, AT_ONCE = 4000, 40
REQUESTS = 1200
CONNECTIONS = 200
LONGEST_PATH = 8000
"""Above it the gateway refuses by itself."""
CODES = {error.code for error in ParleyError.__subclasses__()} - {"internal"}
"""Of errors. ``unavailable`` is among them, because a good frame may get it of a slow machine; a bad one
has to get its own code besides."""
ANSWERS = {"error", "ack", "synced", "pong"}
ANSWERED = {"message", "retry", "sync", "ping"}
OUR_CLOSES = {1000, 1001, 1002, 1003, 1007, 1009, 1012, 4001, 4008, 4029, 4503}
"""What the server says of its own accord; 1011, a bug of its own, is none of it."""


@pytest.fixture
def dice():
    """The same dice each time, unless a seed is given."""
    return random.Random(INPUTS.seed)  # noqa: S311 - no secret comes of it


def good_frames(stage):
    room = stage.room
    message = {"room": room, "client_id": str(uuid.uuid4()), "content": "good"}
    return [
        json.dumps(each)
        for each in (
            {"type": "message", **message, "ref": "r"},
            {"type": "message", **message, "reply_to": 1},
            {"type": "retry", "attempt": 1, **message},
            {"type": "delivered", "room": room, "seq": 1},
            {"type": "read_receipt", "room": room, "seq": 1},
            {"type": "typing", "room": room, "is_typing": True},
            {"type": "activity", "state": "away"},
            {"type": "sync", "cursors": {room: 0}, "ref": "r"},
            {"type": "ping", "ref": "r"},
        )
    ]


async def test_a_frame_that_was_good_once_gets_an_answer_of_the_protocol(stage, dice):
    good = good_frames(stage)

    async with stage.world.client(stage.people["ann"]) as client:
        for _ in range(FRAMES * INPUTS.times // AT_ONCE):
            texts = [mutant(dice, good) for _ in range(AT_ONCE)]
            wanted = [wanted_of(text) for text in texts]
            said = await answers_to(client, texts, sum(each is not None for each in wanted))
            for text, code, codes in zip(texts, wanted, said, strict=True):
                assert codes <= CODES, (INPUTS.seed, text, codes)
                assert code in {None, "ok"} or code in codes, (INPUTS.seed, text, codes)
        pong = await client.ask({"type": "ping"})

    assert pong["type"] == "pong"
    assert stage.canary not in json.dumps(client.everything, ensure_ascii=False)
    assert stage.world.stored(stage.room)[0][2] == "first"


def wanted_of(text):
    """Return the code of the error that a frame has to get; ``ok`` for another answer, None for none."""
    try:
        code, _ = reference.expected(text)
    except reference.Undecided:
        return None
    if code == "ok" and json.loads(text)["type"] not in ANSWERED:
        return None
    return code


async def answers_to(client, texts, due):
    """Send frames, a question behind each; return the codes that came before the question's answer.

    Waits until there are as many answers as are due: where the database is asked one may come behind
    the answers to later frames.
    """
    client.frames.clear()
    refs = [str(uuid.uuid4()) for _ in texts]
    for text, ref in zip(texts, refs, strict=True):
        await client.socket.send_text(text)
        await client.socket.send({"type": "ping", "ref": ref})

    def all_came():
        found = [f for f in client.frames if f["type"] in ANSWERS]
        return len(found) >= due + len(refs) and refs[-1] in [f.get("ref") for f in found]

    await client.until(all_came, what=f"{due} answers to {texts}")
    said: list[set[str]] = [set()]
    for each in client.frames:
        if each.get("ref") in refs:
            said.append(set())
        elif each["type"] == "error":
            said[-1].add(each["code"])
    return said[:-1]


@pytest.fixture
def good_requests(stage):
    """Requests of every kind that has a body or a query."""
    room, message = stage.room, {"client_id": str(uuid.uuid4()), "content": "good"}
    return [
        ("POST", f"/api/chat/rooms/{room}/messages", message | {"reply_to": 1}),
        ("POST", f"/api/chat/rooms/{room}/receipts", {"delivered_seq": 1, "read_seq": 1}),
        ("POST", "/api/chat/sync", {"cursors": {room: 0}, "versions": {room: 1}, "wait_s": 0}),
        ("PATCH", "/api/chat/me", {"display_name": "Somebody", "last_seen": "everyone"}),
        ("PATCH", f"/api/chat/rooms/{room}", {"name": "A room", "open_history": False}),
        ("POST", f"/api/chat/rooms/{room}/members", {"members": [stage.names["bob"]]}),
        ("POST", "/api/queue/outgoing", {"room": room, **message}),
    ]


def good_paths(stage):
    room, bob = stage.room, stage.names["bob"]
    return [
        f"/api/chat/rooms/{room}/messages?before=2&limit=1",
        f"/api/chat/rooms/{room}/members?limit=1&after={bob}",
        "/api/chat/rooms?limit=1",
        f"/api/chat/users?ids={bob}",
        "/api/chat/users?search=p",
        f"/api/presence/users?ids={bob}",
        f"/api/receipts/rooms/{room}?limit=1&after={bob}",
        f"/api/receipts/rooms/{room}/messages/1?limit=1",
        "/api/queue/dead-letters?after=1&limit=1",
    ]


async def test_a_request_that_was_good_once_gets_an_answer_of_the_protocol(
    stage, good_requests, dice
):
    paths = good_paths(stage)

    # One after the other: several at a time take as long, and do not tell which one it was.
    async with stage.http("ann") as http:
        for number in range(REQUESTS * INPUTS.times):
            if number % 3:
                method, path, body = dice.choice(good_requests)
                content = mutant(dice, [json.dumps(body)]).encode()
                if dice.random() < 0.2:
                    content = flipped(dice, content or b"{}")
            else:
                method, content = "GET", None
                path = quoted(mutant(dice, paths))
            answer = await ask(http, method, path, content=content)
            assert right(answer), (INPUTS.seed, method, path, content, answer.text)
            assert stage.canary not in answer.text, (INPUTS.seed, method, path, content)


def quoted(path):
    """Return a path that may be sent; one that is none any more is put behind one that is."""
    kept = "".join(
        each for each in path if each.isprintable() and each.isascii() and each not in " #%"
    )
    path = kept if kept.startswith("/api/") else f"/api/chat/{kept.lstrip('/')}"
    return path[:LONGEST_PATH]


def right(answer):
    """Say whether an answer is what a client can go on with."""
    if answer.status_code < 400:
        return True
    return answer.status_code < 500 and answer.json()["code"] in CODES


async def test_bytes_that_were_frames_once_end_the_connection_with_a_documented_code(stage, dice):
    person = stage.people["ann"]
    good = [
        frame(TEXT, b'{"type":"ping"}'),
        frame(TEXT, b'{"type":', fin=False) + frame(PING, b"p") + frame(CONT, b'"ping"}'),
        frame(TEXT, '{"type":"ping","ref":"é😀"}'.encode()),
        frame(TEXT, b'{"type":"ping","x":"' + b"x" * 200 + b'"}'),
        close(1000, b"over"),
    ]

    async with unharmed(stage):
        for _ in range(CONNECTIONS * INPUTS.times):
            sent = flipped(dice, b"".join(dice.choices(good, k=3)))
            async with Wire.to(dice.choice(stage.world.chats)) as wire:
                await wire.send(handshake(person.token))
                assert (await wire.head())[0] == 101
                await wire.send(sent)
                wire.say_no_more()
                received = await wire.until_hung_up()
            codes = [each.payload[:2] for each in received if each.opcode == CLOSE]
            assert len(codes) <= 1
            assert all(is_right(code, sent) for code in codes), (INPUTS.seed, sent, codes)


def is_right(code, sent):
    """Say whether a close code is one of ours, or one that the client said itself."""
    (number,) = struct.unpack("!H", code) if code else (1000,)
    return number in OUR_CLOSES or says(sent, code)


def says(sent, code):
    """Say whether bytes contain a close code: masked, as it would stand right behind its key."""
    pairs = [bytes(pair) for pair in itertools.pairwise(sent)]
    return any(
        bytes(one ^ other for one, other in zip(masked, key, strict=True)) == code
        for key, masked in zip(pairs, pairs[4:], strict=False)
    )


def test_a_close_code_that_a_client_says_is_known_from_one_of_ours():
    bug = struct.pack("!H", 1011)

    assert is_right(bug, frame(PING, b"p") + close(1011, b"mine"))
    assert not is_right(bug, frame(PING, b"p") + close(1000, b"mine"))
