"""Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment

For any valid user the socket is established and messages are routed to the rooms they are for;
anything else that may stand in a handshake or a frame gets its answer and breaks nothing.
"""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley import Socket
from libs.common.clock import SystemClock
from libs.common.errors import Unauthenticated
from libs.common.tokens import Verifier
from services.chat.consumers.credentials import OriginRule, claims_of
from services.chat.frames import client as frames
from tests.integration.chat.world import WITHIN_S, Client

CHAT, NOTIFICATIONS = "/ws/chat/", "/ws/notifications/"
OURS = "http://127.0.0.1:8000"
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
    if visit.by_cookie:
        cookie = {"Cookie": f"parley_access={user.token}"}
        socket = await Socket.open(world.url, path=path, origin=world.url, headers=cookie)
    else:
        socket = await Socket.open(world.chats[visit.process], path=path, token=user.token)
    return Client(socket, await socket.receive_type("welcome", WITHIN_S))


@settings(max_examples=100, deadline=None)
@given(visit=visits)
def test_any_valid_user_connects_and_messages_go_where_they_belong(world, loop, bystander, visit):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    user = world.person(visit.name)
    rooms = [world.room(user) for _ in range(visit.rooms)]
    room = rooms[visit.room % visit.rooms]

    async def come_and_talk():
        client = await connect(world, user, visit)
        async with world.client(user, url=world.chats[1 - visit.process]) as other:
            ack = await client.say(room, "hello")
            await other.until_seqs(room, 1)
        await client.close()
        return client, other, ack

    client, other, ack = loop.run(come_and_talk())

    whoami = {"id": user.id, "username": user.username, "display_name": visit.name}
    assert client.welcome["user"] == whoami
    assert sorted(client.heads) == sorted(rooms)
    assert (ack["type"], ack["room"], ack["seq"]) == ("ack", room, 1)
    assert [(frame["type"], frame["room"]) for frame in other.frames] == [("message", room)]
    assert bystander.frames == []


@settings(max_examples=100, deadline=None)
@given(visit=visits)
def test_any_valid_user_connects_to_notifications_and_is_told_of_what_others_write(
    world, loop, bystander, visit
):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    user, friend = world.person(visit.name), world.person()
    rooms = [world.room(user, friend) for _ in range(visit.rooms)]
    room = rooms[visit.room % visit.rooms]

    async def come_and_be_told():
        mine = await connect(world, user, visit, path=NOTIFICATIONS)
        theirs = await connect(world, friend, visit, path=NOTIFICATIONS)
        async with world.client(friend, url=world.chats[1 - visit.process]) as other:
            await other.say(room, "hello")
            await mine.until_type("notification")
        await mine.close()
        await theirs.close()
        return mine, theirs

    mine, theirs = loop.run(come_and_be_told())

    whoami = {"id": user.id, "username": user.username, "display_name": visit.name}
    assert (mine.welcome["user"], mine.welcome["unread_total"]) == (whoami, 0)
    assert sorted(mine.heads) == sorted(rooms)
    told = {"room": room, "seq": 1, "sender": friend.id, "preview": "hello"}
    assert mine.frames == [{"type": "notification", **told, "unread": 1, "unread_total": 1}]
    assert theirs.frames == bystander.frames == []


@settings(max_examples=200, deadline=None)
@given(
    authorization=st.none() | st.binary(max_size=60) | st.just(b"Bearer a.b.c"),
    cookie=st.none() | st.binary(max_size=60) | st.binary().map(b"parley_access=".__add__),
    query=st.binary(max_size=60) | st.just(b"ticket=x"),
)
def test_whatever_else_stands_in_a_handshake_signs_nobody_in(authorization, cookie, query):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    headers = [(b"authorization", authorization), (b"cookie", cookie)]
    scope = {
        "headers": [(name, value) for name, value in headers if value is not None],
        "query_string": query,
    }

    with pytest.raises(Unauthenticated):
        claims_of(scope, Verifier({}, clock=SystemClock()))


@settings(max_examples=200, deadline=None)
@given(origin=st.text(max_size=30) | st.text("htp:/[].@#?1evil", max_size=30))
def test_whatever_stands_in_origin_is_ours_or_refused(origin):
    """Feature: whatsapp-messaging-fix, Property 1: WebSocket Connection Establishment"""
    rule = OriginRule(None, [OURS])

    assert rule._is_ours(origin) is False
    assert rule._is_ours(OURS) is True


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
