"""Reading and writing the wire."""

import typing

import msgspec
import pytest

from clients.python.parley import commands, frames
from clients.python.parley.errors import BadFrame, ParleyError, RateLimited, error_of
from tests.unit.clients.python import fakes


def test_members_that_a_newer_server_adds_are_ignored():
    data = msgspec.json.encode({"type": "message", "mood": "good", **fakes.message("r", 7)})

    frame = frames.decode(data)

    assert isinstance(frame, frames.Message)
    assert frame.seq == 7


def test_a_type_that_a_newer_server_adds_comes_through_untouched():
    frame = frames.decode(b'{"type":"dance","steps":3}')

    assert frame == frames.Unknown(type="dance", members={"type": "dance", "steps": 3})


@pytest.mark.parametrize("data", [b"[]", b"{", b'{"type":7}', b"{}", b'{"type":"ack"}'])
def test_what_no_server_should_send_is_a_bad_frame(data):
    with pytest.raises(BadFrame):
        frames.decode(data)


def test_absent_members_are_not_written():
    data = commands.encode(commands.SendMessage(room="r", client_id="c", content="é"))

    assert data == '{"type":"message","room":"r","client_id":"c","content":"é"}'.encode()


def test_the_range_of_a_sync_reads_from_and_to():
    frame = frames.decode(b'{"type":"synced","rooms":[{"room":"r","from":4,"to":9}]}')

    assert isinstance(frame, frames.Synced)
    assert (frame.rooms[0].first_seq, frame.rooms[0].last_seq) == (4, 9)


def test_every_server_frame_of_the_protocol_has_its_type():
    known = {kind.__struct_config__.tag for kind in typing.get_args(frames._Known)}

    assert known == {
        "welcome",
        "ack",
        "message",
        "status",
        "failed",
        "typing",
        "presence",
        "drained",
        "synced",
        "room",
        "custom",
        "notification",
        "reconnect",
        "pong",
        "error",
    }


def test_an_error_of_the_wire_becomes_its_class():
    error = error_of("rate_limited", "slow down", retry_after_s=2)

    assert isinstance(error, RateLimited)
    assert (error.code, error.retriable, error.retry_after_s) == ("rate_limited", True, 2)


def test_an_unknown_code_keeps_its_word():
    error = error_of("tea_time")

    assert type(error) is ParleyError
    assert error.code == "tea_time"
    assert not error.retriable
