"""What is fuzzed: each target takes any bytes, and fails where something is raised or not as it should be.

A target knows nothing of a fuzzer; ``__main__`` drives it, ``test_kept`` replays what was kept.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import cast

import msgspec
from django.http import HttpRequest, QueryDict

from libs.common.errors import BadFrame, BadJson, Unauthenticated
from libs.common.http.bodies import read_json, read_query
from libs.common.http.credentials import presented_token
from services.chat.api.shapes.exchange import Exchange
from services.chat.api.shapes.messages import MessagesQuery, NewMessage, Receipts, SyncQuestion
from services.chat.api.shapes.people import PeopleQuery, ProfileChange
from services.chat.api.shapes.rooms import (
    AddMembers,
    ChangeMember,
    ChangeRoom,
    MembersQuery,
    OpenRoom,
    RoomsQuery,
)
from services.chat.api.shapes.sign_in import Credentials, Registration, SignOut
from services.chat.consumers.credentials import claims_of
from services.chat.frames.client import Refused, parse
from services.queue.api.dead_letters import DeadLettersQuery
from services.queue.api.outgoing import OutgoingMessage
from services.receipts.api.rooms import ReceiptsQuery
from tests.forged import PARTS, TICKET, TOKEN, VERIFIER, part_of, with_part
from tests.fuzz import reference
from tests.fuzz.sockets import socket

BODIES = (
    *(NewMessage, SyncQuestion, Receipts, OpenRoom, ChangeRoom, AddMembers, ChangeMember),
    *(ProfileChange, Registration, Credentials, SignOut, Exchange, OutgoingMessage),
)
QUERIES = (MessagesQuery, PeopleQuery, RoomsQuery, MembersQuery, DeadLettersQuery, ReceiptsQuery)
PLACES = (
    (b"authorization", b"Bearer ", TOKEN),
    (b"cookie", b"parley_access=", TOKEN),
    (b"", b"ticket=", TICKET),
)
"""Where a credential stands, in which header or in the address; what stands before it; a good one."""


def frame(data: bytes) -> None:
    """A frame is read, or refused with just the error that the protocol has for it."""
    text = data.decode(errors="replace")
    code, members = "ok", frozenset[str]()
    try:
        parse(text)
    except Refused as refused:
        code, members = refused.error.code, frozenset(refused.error.fields)
    try:
        wanted_code, wanted_members = reference.expected(text)
    except reference.Undecided:
        assert code in {"ok", "bad_json", "bad_frame", "unsupported_type"}
        return
    assert code == wanted_code
    # What only a message's text can have wrong is looked at when all else is right.
    assert members <= wanted_members
    assert bool(members) == bool(wanted_members)


def body(data: bytes) -> None:
    """A body becomes what is asked for, or ``bad_json`` or ``bad_frame`` that names members of it.

    The first byte chooses the shape.
    """
    shape, text = BODIES[(data or b"\0")[0] % len(BODIES)], data[1:]
    try:
        value = read_json(text, shape)
    except BadJson:
        assert _is_json(text) is not True
        return
    except BadFrame as error:
        _check_names(error, shape)
        assert _is_json(text) is not False
        return
    assert _is_json(text) is not False
    assert read_json(msgspec.json.encode(value), shape) == value


def _is_json(text: bytes) -> bool | None:
    """Say what the other reader thinks; None where it will not say."""
    try:
        reference.read(text.decode() or "{}")
    except (reference.NoJson, UnicodeDecodeError):
        return False
    except reference.Undecided:
        return None
    return True


def query(data: bytes) -> None:
    """A query becomes what is asked for, or ``bad_frame`` that names its parameters."""
    shape = QUERIES[data[0] % len(QUERIES)] if data else MessagesQuery
    asked = SimpleNamespace(GET=QueryDict(data[1:].decode("latin-1")[:2000]))
    try:
        read_query(cast(HttpRequest, asked), shape)
    except BadFrame as error:
        _check_names(error, shape)


def _check_names(error: BadFrame, shape: type[msgspec.Struct]) -> None:
    assert error.fields.keys() <= {field.encode_name for field in msgspec.structs.fields(shape)}


def credential(data: bytes) -> None:
    """Whatever stands in a header or an address signs nobody in, and raises nothing else.

    The first byte chooses where it stands, and whether it is all that stands there, or one part of
    a credential that is good but for that.
    """
    kind, text = (data or b"\0")[0], data[1:]
    header, begins, good = PLACES[kind % len(PLACES)]
    parts = (None, *PARTS)
    part = parts[kind // len(PLACES) % len(parts)]
    if part is not None:
        if text == part_of(good, part):
            return
        text = begins + with_part(good, part, text).encode()
    scope = {"headers": [(header, text)], "query_string": text if not header else b""}
    headers = {"Authorization": text.decode("latin-1")} if header == b"authorization" else {}
    asked = cast(HttpRequest, SimpleNamespace(headers=headers, COOKIES={}))
    for ask in (lambda: claims_of(scope, VERIFIER), lambda: _holder(asked)):
        try:
            ask()
        except Unauthenticated:
            continue
        raise AssertionError("somebody was let in")


def _holder(request: HttpRequest) -> object:
    token = presented_token(request)
    if token is None:
        raise Unauthenticated
    return VERIFIER.verify(token.text)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (frame, body, query, credential, socket)
}
