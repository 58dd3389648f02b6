"""The AsyncAPI document says what AsyncAPI 3.0 asks for, and all that the structs say.

Its JSON Schema is in no package that we install, so what it asks for is looked at here.
"""

import re
from typing import get_args

import msgspec
import pytest

from dev.docs import asyncapi
from services.chat.domain import closing
from services.chat.frames import client
from services.chat.frames.server import AnyServerFrame

DOCUMENT = asyncapi.document()
MESSAGES = DOCUMENT["components"]["messages"]
UNIONS = {"client": client.AnyClientFrame, "server": AnyServerFrame}
KEY = re.compile(r"[\w.-]+")
"""What AsyncAPI allows as a key of a component."""
READ = {
    "client": lambda text: client.parse(text.decode()),
    "server": msgspec.json.Decoder(AnyServerFrame).decode,
}


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def at(reference):
    found = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    return found


def names_on(channel, side):
    keys = DOCUMENT["channels"][channel]["messages"]
    return {MESSAGES[key]["name"] for key in keys if key.startswith(f"{side}.")}


def test_it_has_what_every_document_has():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert all({"host", "protocol"} <= server.keys() for server in DOCUMENT["servers"].values())
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
    for group in DOCUMENT["components"].values():
        assert all(KEY.fullmatch(key) for key in group)


def test_every_reference_leads_somewhere():
    found = set(references(DOCUMENT))

    assert len(found) > 50
    assert all(at(reference) for reference in found)


def test_an_operation_names_messages_of_its_own_channel():
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(
            each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"]
        )


@pytest.mark.parametrize("side", UNIONS)
def test_every_frame_of_a_union_is_a_message_with_its_shape(side):
    mine = {key: message for key, message in MESSAGES.items() if key.startswith(f"{side}.")}

    for frame in get_args(UNIONS[side]):
        config = frame.__struct_config__
        message = mine.pop(f"{side}.{config.tag}")
        schema = at(message["payload"]["$ref"])
        names = {field.encode_name for field in msgspec.structs.fields(frame)}
        assert schema["properties"].keys() == names | {"type"}
        assert schema["properties"]["type"]["enum"] == [config.tag]
        assert message["summary"]
    assert mine == {}


def test_both_sides_have_a_typing_of_their_own():
    one, other = (at(MESSAGES[f"{side}.typing"]["payload"]["$ref"]) for side in UNIONS)

    assert "is_typing" in one["properties"]
    assert "users" in other["properties"]


@pytest.mark.parametrize("key", MESSAGES)
def test_an_example_is_such_a_frame(key):
    side, _, tag = key.partition(".")
    (example,) = MESSAGES[key]["examples"]

    frame = READ[side](msgspec.json.encode(example["payload"]))

    assert frame.__struct_config__.tag == tag


def test_the_smaller_socket_has_what_the_protocol_says():
    assert names_on("notifications", "client") == {"ping", "activity"}
    assert names_on("notifications", "server") == {
        *("welcome", "notification", "reconnect", "pong", "error"),
    }
    everything = {MESSAGES[key]["name"] for key in MESSAGES}
    assert names_on("chat", "client") | names_on("chat", "server") == everything - {"notification"}


def test_each_close_code_of_chat_is_told_with_its_meaning():
    told = DOCUMENT["channels"]["chat"]["x-close-codes"]

    assert {each["code"] for each in told} == {
        value for name, value in vars(closing).items() if name.isupper()
    }
    assert all(each["description"] for each in told)


def test_each_way_to_sign_in_is_a_scheme_of_the_server():
    asked = DOCUMENT["servers"]["local"]["security"]

    assert [at(each["$ref"])["type"] for each in asked] == ["http", "httpApiKey", "httpApiKey"]
