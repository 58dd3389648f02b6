import json

import pytest

from libs.common.messages import MAX_SEQ
from services.chat.frames import client
from services.chat.frames.client import FRAME_BYTES, Refused, parse

CLIENT_ID = "018F0000-0000-4000-8000-00000000000a"


def frame(**members):
    return json.dumps(members, ensure_ascii=False)


def refusal(text):
    with pytest.raises(Refused) as refused:
        parse(text)
    return refused.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            frame(type="message", room="r", client_id=CLIENT_ID, content="x"),
            client.SendMessage(room="r", client_id=CLIENT_ID, content="x"),
        ),
        (
            frame(type="retry", room="r", client_id=CLIENT_ID, content="x", attempt=3, reply_to=1),
            client.RetryMessage(room="r", client_id=CLIENT_ID, content="x", attempt=3, reply_to=1),
        ),
        (
            frame(type="delivered", room="r", seq=MAX_SEQ, ref="a"),
            client.Delivered(room="r", seq=MAX_SEQ, ref="a"),
        ),
        (frame(type="read_receipt", room="r", seq=1), client.ReadReceipt(room="r", seq=1)),
        (frame(type="typing", room="r", is_typing=False), client.Typing(room="r", is_typing=False)),
        (frame(type="activity", state="away"), client.Activity(state="away")),
        (frame(type="sync", cursors={"r": 0}), client.Sync(cursors={"r": 0})),
        (frame(ref="x" * 64, type="ping", extra=[1]), client.Ping(ref="x" * 64)),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_each_frame_is_read_as_what_it_is(text, expected):
    assert parse(text) == expected


def test_a_refusal_repeats_ref_and_client_id_where_they_can_be_read():
    refused = refusal(frame(type="message", ref="mine", client_id="wrong", content=1))

    assert (refused.ref, refused.client_id) == ("mine", "wrong")
    assert refused.error.code == "bad_frame"
    assert sorted(refused.error.fields) == ["client_id", "content", "room"]


def test_content_that_cannot_be_is_refused_with_its_ref_too():
    refused = refusal(frame(type="message", room="r", client_id=CLIENT_ID, content=" ", ref="mine"))

    assert (refused.ref, refused.client_id) == ("mine", CLIENT_ID)
    assert list(refused.error.fields) == ["content"]


@pytest.mark.parametrize("ref", [1, None, "r" * 65, ["a"], {"a": 1}])
def test_a_ref_that_is_none_is_not_repeated(ref):
    assert refusal(frame(type="shout", ref=ref)).ref is None


def test_sizes_count_in_bytes_of_utf_8():
    overhead = len(frame(type="ping", x=""))
    fits = frame(type="ping", x="é" * ((FRAME_BYTES - overhead) // 2))
    over = frame(type="ping", x="é" * ((FRAME_BYTES - overhead) // 2 + 1))

    assert parse(fits) == client.Ping()
    assert refusal(over).error.code == "too_large"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ('{"type":"ping"', "bad_json"),
        ('{"type":"ping","x":NaN}', "bad_json"),
        ('{"type":"ping","ref":"\\ud800"}', "bad_json"),
        ('{"type":"ping","ref":"\ud800"}', "bad_json"),
        ("[" * 50_000, "bad_json"),
        ("[]", "bad_frame"),
        ('"ping"', "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type":true}', "bad_frame"),
        ('{"type":"delivered","room":"r","seq":true}', "bad_frame"),
        ('{"type":"delivered","room":"r","seq":1.0}', "bad_frame"),
        ('{"type":"delivered","room":"r","seq":"1"}', "bad_frame"),
        (frame(type="sync", cursors={str(n): 0 for n in range(201)}), "bad_frame"),
        ('{"type":"welcome"}', "unsupported_type"),
        ("x" * (FRAME_BYTES + 1), "too_large"),
    ],
    ids=lambda value: value[:24].encode("ascii", "replace").decode(),
)
def test_whatever_else_comes_has_its_code(text, code):
    assert refusal(text).error.code == code
