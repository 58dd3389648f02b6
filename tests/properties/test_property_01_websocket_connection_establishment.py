"""Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment

For any valid user the socket is established and messages are routed to the rooms they are for;
anything else that may stand in a handshake or a frame gets its answer and breaks nothing.
"""

from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley import Socket
from libs.common.errors import Unauthenticated
from services.chat.consumers.credentials import OriginRule, claims_of
from services.chat.frames import client as frames
from tests.forged import (
    ENDED_TICKET,
    ENDED_TOKEN,
    HEADER,
    PARTS,
    PAYLOAD,
    STRANGE_TICKET,
    STRANGE_TOKEN,
    SUBJECT,
    TICKET,
    TOKEN,
    VERIFIER,
    part_of,
    with_part,
)
from tests.integration.chat.world import WITHIN_S, Client
from tests.properties.at_once import play_at_once
from tests.properties.many import many_rooms

CHAT, NOTIFICATIONS = "/ws/chat/", "/ws/notifications/"
REFUSALS = {"bad_json", "bad_frame", "unsupported_type", "too_large"}

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=80)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["room", "client_id", "content", "reply_to", "seq", "cursors", "attempt", "ref", "state"]
)
types = st.sampled_from(
    ["message", "retry", "delivered", "read_receipt", "typing", "activity", "sync", "ping", "x"]
)
almost_frames = st.builds(
    lambda members, kind: {**members, "type": kind},
    st.dictionaries(members, json_values, max_size=6),
    types,
)


class Visit(NamedTuple):
    """How somebody comes: their name, rooms, to which process, and with which credential."""

    name: str
    rooms: int
    room: int
    process: int
    by_cookie: bool


visits = st.builds(
    Visit, names, st.integers(1, 4), st.integers(0, 3), st.integers(0, 1), st.booleans()
)


@pytest.fixture(scope="module")
def bystander(world, loop):
    """Somebody who is in none of these rooms, with a socket that stays open."""
    client = loop.run(Client.open(world.chats[0], world.person().token))
    yield client
    loop.run(client.close())


async def connect(world, user, visit, *, path=CHAT):
    how: dict[str, Any] = {"token": user.token}
    url = world.chats[visit.process]
    if visit.by_cookie:
        url = world.url
        how = {"origin": url, "headers": {"Cookie": f"parley_access={user.token}"}}
    socket = await Socket.open(url, path=path, timeout_s=WITHIN_S, **how)
    return Client(socket, await socket.receive_type("welcome", WITHIN_S))


def test_any_valid_user_connects_and_messages_go_where_they_belong(world, loop, bystander):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""

    async def play(visit):
        user = world.person(visit.name)
        rooms = many_rooms(world, [[user]] * visit.rooms)
        room = rooms[visit.room % visit.rooms]
        client = await connect(world, user, visit)
        async with world.client(user, url=world.chats[1 - visit.process]) as other:
            ack = await client.say(room, "hello")
            await other.until_seqs(room, 1)
        await client.close()

        whoami = {"id": user.id, "username": user.username, "display_name": visit.name}
        assert client.welcome["user"] == whoami
        assert sorted(client.heads) == sorted(rooms)
        assert (ack["type"], ack["room"], ack["seq"]) == ("ack", room, 1)
        # It may also be told by then that the user has read what they wrote.
        told = [frame for frame in other.frames if frame["type"] == "message"]
        assert [(frame["room"], frame["seq"]) for frame in told] == [(room, 1)]

    play_at_once(loop, visits, play)

    assert bystander.frames == []


def test_any_valid_user_connects_to_notifications_and_is_told_of_what_others_write(
    world, loop, bystander
):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""

    async def play(visit):
        user, friend = world.person(visit.name), world.person()
        rooms = many_rooms(world, [[user, friend]] * visit.rooms)
        room = rooms[visit.room % visit.rooms]
        mine = await connect(world, user, visit, path=NOTIFICATIONS)
        theirs = await connect(world, friend, visit, path=NOTIFICATIONS)
        async with world.client(friend, url=world.chats[1 - visit.process]) as other:
            await other.say(room, "hello")
            await mine.until_type("notification")
        await mine.close()
        await theirs.close()

        whoami = {"id": user.id, "username": user.username, "display_name": visit.name}
        assert (mine.welcome["user"], mine.welcome["unread_total"]) == (whoami, 0)
        assert sorted(mine.heads) == sorted(rooms)
        told = {"room": room, "seq": 1, "sender": friend.id, "preview": "hello"}
        assert mine.frames == [{"type": "notification", **told, "unread": 1, "unread_total": 1}]
        assert theirs.frames == []

    play_at_once(loop, visits, play)

    assert bystander.frames == []


# -- handshakes -------------------------------------------------------------------------------

HEADERS = ({"alg": "none"}, {"alg": "HS256"}, {"kid": "2"}, {"kid": None}, {"more": 1})
CLAIMS = ({"sub": "bob"}, {"sid": "another"}, {"staff": True}, {"exp": 2**40}, {"more": 1})
"""What may be changed in a token."""


def bent(good, part, bit):
    """Return a token with one bit of a part turned."""
    written = bytearray(part_of(good, part))
    written[bit // 8 % len(written)] ^= 1 << bit % 8
    return with_part(good, part, bytes(written))


def rewritten(good, part, change):
    written = msgspec.json.decode(part_of(good, part))
    return with_part(good, part, msgspec.json.encode(written | change))


def forged(good):
    """Draw what is good but for one of its parts."""
    token, part = st.just(good), st.sampled_from(PARTS)
    return st.one_of(
        st.builds(rewritten, token, st.just(HEADER), st.sampled_from(HEADERS)),
        st.builds(rewritten, token, st.just(PAYLOAD), st.sampled_from(CLAIMS)),
        st.builds(bent, token, part, st.integers(0, 2**12)),
        st.builds(with_part, token, part, st.binary(max_size=80)),
    )


def bearer(token):
    return b"Bearer " + token.encode()


def by_cookie(token):
    return b"parley_access=" + token.encode()


def by_ticket(ticket):
    return b"ticket=" + ticket.encode()


def scope(*, authorization=None, query=b"", cookie=None):
    headers = [(b"authorization", authorization), (b"cookie", cookie)]
    return {
        "headers": [(name, value) for name, value in headers if value is not None],
        "query_string": query,
    }


wrong_tokens = forged(TOKEN) | st.sampled_from((TICKET, ENDED_TOKEN, STRANGE_TOKEN))
wrong_tickets = forged(TICKET) | st.sampled_from((TOKEN, ENDED_TICKET, STRANGE_TICKET))
anything = st.binary(max_size=60)
good_queries = st.sampled_from((b"", by_ticket(TICKET)))
good_cookies = st.sampled_from((None, by_cookie(TOKEN)))
# The first that is there decides: what stands behind it may be as good as it likes.
wrong_handshakes = st.one_of(
    st.builds(
        scope,
        authorization=anything | wrong_tokens.map(bearer),
        query=good_queries,
        cookie=good_cookies,
    ),
    st.builds(scope, query=wrong_tickets.map(by_ticket), cookie=good_cookies),
    st.builds(scope, query=anything, cookie=anything | wrong_tokens.map(by_cookie)),
)


def test_what_is_ours_signs_in_wherever_it_stands():
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    for handshake in (
        scope(authorization=bearer(TOKEN)),
        scope(query=by_ticket(TICKET)),
        scope(cookie=by_cookie(TOKEN)),
    ):
        assert claims_of(handshake, VERIFIER).sub == SUBJECT["sub"]


@settings(max_examples=400, deadline=None)
@given(handshake=wrong_handshakes)
def test_whatever_else_stands_in_a_handshake_signs_nobody_in(handshake):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    with pytest.raises(Unauthenticated):
        claims_of(handshake, VERIFIER)


OURS = {"http://127.0.0.1": 8000, "https://chat.example": 443}
"""Our pages, and their ports."""
bases = st.sampled_from(list(OURS))
ports = st.integers(0, 2**16 - 1).filter(lambda port: port not in OURS.values())
texts = st.text(max_size=30) | st.text("htp:/[].@#?1evil", max_size=30)
foreign = st.one_of(
    texts.filter(lambda text: not any(base in text.lower() for base in OURS)),
    st.builds("{}:{}".format, bases, ports),
    st.builds("{}{}".format, bases, st.text(".evil@-_%\\01", min_size=1, max_size=20)),
    st.builds("{}:8000{}".format, bases, st.text(".evil@-_%\\01", min_size=1, max_size=20)),
    st.builds("{}@{}".format, bases, st.sampled_from(("evil", "evil:443", "evil.chat.example"))),
    st.builds("http://evil{}{}".format, st.sampled_from("/?#."), bases),
    st.sampled_from(("null", "https://127.0.0.1:8000", "http://chat.example", "//chat.example")),
)


@settings(max_examples=400, deadline=None)
@given(origin=foreign)
def test_whatever_stands_in_origin_is_ours_or_refused(origin):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    ours = [f"{base}:{port}" for base, port in OURS.items()]
    rule = OriginRule(None, ours)

    assert rule._is_ours(origin) is False
    assert all(rule._is_ours(page) for page in [*ours, "https://chat.example"])


# -- frames -----------------------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(
    text=st.text() | (json_values | almost_frames).map(lambda v: msgspec.json.encode(v).decode())
)
def test_whatever_comes_is_a_frame_or_refused_with_a_code(text):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    try:
        code, frame = None, frames.parse(text)
    except frames.Refused as refused:
        code, frame = refused.error.code, None

    assert code in REFUSALS if frame is None else isinstance(frame, frames.ClientFrame)


@settings(max_examples=200, deadline=None)
@given(
    room=st.uuids().map(str),
    client_id=st.uuids().map(str),
    content=st.text(min_size=1, max_size=200).filter(lambda c: not c.isspace() and "\0" not in c),
    reply_to=st.none() | st.integers(1, 2**53 - 1),
    ref=st.none() | st.text(max_size=64),
)
def test_any_message_within_the_limits_is_read_as_it_was_written(
    room, client_id, content, reply_to, ref
):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    members = {"room": room, "client_id": client_id, "content": content}
    sent = {"type": "message", **members, "reply_to": reply_to, "ref": ref}

    frame = frames.parse(msgspec.json.encode(sent).decode())

    assert frame == frames.SendMessage(**members, reply_to=reply_to, ref=ref)
