"""The chats that Parley is measured against: both do what a load counts, and leave nothing behind."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import uuid

import psutil
import pytest
from websockets.exceptions import InvalidHandshake

from benchmarks import opponents
from dev.settings import ROOT
from tests.integration.benchmarks.dialects import Plain, SocketIO

pytestmark = pytest.mark.timeout(240)  # the first test waits for initdb, and perhaps for npm

WITHIN_S = 30.0
ROOMS = (2, 3)
HUNDRED = 100
PROCESSES = ["node-1", "node-2", "postgres", "redis"]
UNTIL_INTERRUPTED = """if True:
    import json, signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited
    from pathlib import Path
    from benchmarks import opponents

    with opponents.socketio(Path(sys.argv[1]), rooms=[2]) as opponent:
        print(json.dumps(opponent.watched), flush=True)
        signal.pause()
"""


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    with opponents.tutorial(tmp_path_factory.mktemp("tutorial") / "run", rooms=ROOMS) as opponent:
        yield opponent, Plain


@pytest.fixture(scope="module")
def socketio(tmp_path_factory):
    with opponents.socketio(tmp_path_factory.mktemp("socketio") / "run", rooms=ROOMS) as opponent:
        yield opponent, SocketIO


@pytest.fixture(params=["tutorial", "socketio"])
def started(request):
    """One of the two and how to speak with it."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def sockets(started):
    """An open socket of each person, on the servers in turn; ``welcome`` has been read."""
    opponent, dialect = started
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as ends:
        opened = []
        for number, person in enumerate(opponent.people):
            url = opponent.urls[number % len(opponent.urls)]
            talker = await dialect.open(url, person.token)
            ends.push_async_callback(talker.socket.close)
            assert await talker.receive() == {"type": "welcome"}
            opened.append(talker)
        yield opened


def message(person, content="hello"):
    client_id = str(uuid.uuid4())
    return {"type": "message", "room": person.room, "client_id": client_id, "content": content}


async def test_a_message_is_acknowledged_and_arrives_and_its_receipt_comes_back(started, sockets):
    author, reader = started[0].people[:2]
    sent = message(author)

    await sockets[0].send(sent)
    acked, arrived = await sockets[0].receive(), await sockets[1].receive()
    await sockets[1].send({"type": "delivered", "room": reader.room, "seq": arrived["seq"]})
    told = await sockets[0].receive()

    seq = acked["seq"]
    known = {"room": author.room, "client_id": sent["client_id"], "seq": seq}
    assert acked == {"type": "ack", **known}
    assert arrived == {"type": "message", **known, "sender": author.user, "content": "hello"}
    lowest = [{"user": reader.user, "delivered_seq": seq}]
    assert told == {"type": "status", "room": author.room, "lowest": lowest}


async def test_everybody_in_the_room_hears_it_and_nobody_else(started, sockets):
    people = started[0].people
    elsewhere, here = message(people[2], "elsewhere"), message(people[0], "here")

    await sockets[2].send(elsewhere)
    others = [await socket.receive() for socket in sockets[3:]]
    await sockets[0].send(here)
    partner = await sockets[1].receive()

    assert [frame["content"] for frame in others] == ["elsewhere"] * 2
    assert partner["content"] == "here"


async def test_what_one_sends_without_waiting_arrives_in_order(started, sockets):
    sent = [message(started[0].people[0], str(number)) for number in range(HUNDRED)]

    for frame in sent:
        await sockets[0].send(frame)
    acked = [await sockets[0].receive() for _ in sent]
    arrived = [await sockets[1].receive() for _ in sent]

    order = [frame["client_id"] for frame in sent]
    assert [frame["client_id"] for frame in acked] == order
    assert [frame["client_id"] for frame in arrived] == order
    seqs = [frame["seq"] for frame in acked]
    assert seqs == sorted(set(seqs))


async def test_nobody_gets_in_with_a_token_that_is_none(started):
    opponent, dialect = started

    with pytest.raises((InvalidHandshake, PermissionError)):
        await dialect.open(opponent.urls[0], "no token")


def test_ctrl_c_ends_every_process_and_forgets_the_data(tmp_path):
    command = [sys.executable, "-c", UNTIL_INTERRUPTED, str(tmp_path / "run")]
    with (tmp_path / "errors").open("wb") as errors:
        parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
    assert parent.stdout is not None
    with parent:
        # Before it may stand that packages are installed.
        line = next(line for line in parent.stdout if line.startswith(b"["))
        parent.send_signal(signal.SIGINT)

    names, pids = zip(*json.loads(line), strict=True)
    assert "KeyboardInterrupt" in (tmp_path / "errors").read_text()
    assert sorted(names) == PROCESSES
    assert not any(map(psutil.pid_exists, pids))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [opponents.LOG_FILE]
