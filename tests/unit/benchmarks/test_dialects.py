"""How one speaks with each server: who one is, frames there, and frames back."""

import msgspec
import pytest

from benchmarks.load.dialects import Parley, SocketIO, Tutorial
from benchmarks.load.people import Somebody

SOMEBODY = Somebody(user="u", room="r", token="secret")
MESSAGE = {"room": "r", "client_id": "c", "content": "hello"}


def parley_reads(text):
    return Parley(SOMEBODY).read(text)[0]


@pytest.fixture(params=[Parley, Tutorial, SocketIO])
def dialect(request):
    return request.param(SOMEBODY)


def from_server(dialect, frame):
    if isinstance(dialect, SocketIO):
        kind = frame.pop("type")
        return b"42" + msgspec.json.encode([kind, frame])
    return msgspec.json.encode(frame)


def test_who_one_is_stands_in_a_header_that_the_server_reads():
    assert Parley(SOMEBODY).headers() == {"Authorization": "Bearer secret"}
    assert Tutorial(SOMEBODY).headers() == {"Cookie": "sessionid=secret"}
    assert SocketIO(SOMEBODY).headers() == {}


def test_a_frame_is_what_the_protocol_has():
    sent = Parley(SOMEBODY).frame("sync", cursors={"r": 3})

    assert msgspec.json.decode(sent) == {"type": "sync", "cursors": {"r": 3}}


def test_socket_io_has_it_as_an_event():
    sent = SocketIO(SOMEBODY).frame("message", **MESSAGE)

    assert sent.startswith(b"42")
    assert msgspec.json.decode(sent[2:]) == ["message", MESSAGE]


def test_a_message_is_read_as_it_was_written(dialect):
    frame = {"type": "message", "seq": 7, "sender": "v", "unknown": [1], **MESSAGE}

    heard, answer = dialect.read(from_server(dialect, frame))

    assert answer is None
    assert (heard.type, heard.seq, heard.sender) == ("message", 7, "v")
    assert (heard.room, heard.client_id, heard.content) == ("r", "c", "hello")


def test_a_status_is_read_with_its_marks(dialect):
    marks = [{"user": "v", "delivered_seq": 4, "read_seq": 2}]

    heard, _ = dialect.read(from_server(dialect, {"type": "status", "lowest": marks}))

    assert [(each.user, each.delivered_seq, each.read_seq) for each in heard.lowest] == [
        ("v", 4, 2)
    ]


def test_rooms_of_welcome_and_of_synced_are_read_both():
    welcome = parley_reads(
        b'{"type":"welcome","rooms":[{"id":"r","last_seq":9,"delivered_seq":5}]}'
    )
    synced = parley_reads(b'{"type":"synced","rooms":[{"room":"r","from":1,"to":2}]}')

    assert [(each.id, each.last_seq, each.delivered_seq) for each in welcome.rooms] == [("r", 9, 5)]
    assert synced.type == "synced"


@pytest.mark.parametrize(
    ("packet", "answer"), [(b"2", b"3"), (b'0{"sid":"x"}', b'40{"token":"secret"}'), (b"40", None)]
)
def test_socket_io_answers_what_holds_the_connection_together(packet, answer):
    assert SocketIO(SOMEBODY).read(packet) == (None, answer)
