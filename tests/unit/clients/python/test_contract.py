"""The client and chat name the same things, though neither imports the other."""

import typing
import uuid

import msgspec
import pytest

from clients.python.parley import commands, errors, frames
from libs.common import errors as server_errors
from services.chat.frames import client as accepted, server as sent

ROOM, CLIENT_ID = str(uuid.uuid4()), str(uuid.uuid4())

WRITTEN = [
    commands.SendMessage(room=ROOM, client_id=CLIENT_ID, content="hi", reply_to=3, ref="m1"),
    commands.Retry(room=ROOM, client_id=CLIENT_ID, content="hi", attempt=3, ref="m1"),
    commands.Delivered(room=ROOM, seq=1),
    commands.ReadReceipt(room=ROOM, seq=1),
    commands.SendTyping(room=ROOM, is_typing=False),
    commands.Activity(state="away"),
    commands.Sync(cursors={ROOM: 0}, ref="s1"),
    commands.Ping(),
]


def members(shape: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


def tagged(shapes: typing.Any) -> dict[str, type[msgspec.Struct]]:
    return {shape.__struct_config__.tag: shape for shape in typing.get_args(shapes)}


@pytest.mark.parametrize("command", WRITTEN, ids=lambda command: type(command).__name__)
def test_chat_accepts_what_the_client_writes(command):
    text = commands.encode(command).decode()

    frame = accepted.parse(text)

    assert msgspec.to_builtins(frame).items() >= msgspec.to_builtins(command).items()


def test_the_client_can_write_every_frame_that_chat_accepts():
    assert tagged(accepted.AnyClientFrame).keys() == {
        type(command).__struct_config__.tag for command in WRITTEN
    }


@pytest.mark.parametrize("tag", sorted(tagged(sent.AnyServerFrame)))
def test_the_client_reads_every_member_that_chat_sends(tag):
    theirs = members(tagged(sent.AnyServerFrame)[tag])
    ours = members(tagged(frames._Known)[tag])

    assert theirs.keys() <= ours.keys()
    assert {name for name, field in ours.items() if field.required} <= theirs.keys()


def test_the_client_reads_every_member_of_a_person():
    assert members(sent.Person).keys() == members(frames.User).keys()


def test_every_error_code_of_the_server_has_a_class_that_says_the_same_of_retries():
    root = server_errors.ParleyError
    kinds: list[type[server_errors.ParleyError]] = [root, *root.__subclasses__()]

    for kind in kinds:
        error = errors.error_of(kind.code)
        assert type(error) is not errors.ParleyError, kind.code
        assert (error.code, error.retriable) == (kind.code, kind.retriable)
