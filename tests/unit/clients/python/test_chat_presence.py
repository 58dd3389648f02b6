"""The chat's typing and presence, and those of others, with a server played frame by frame."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from clients.python import parley
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import ROOM, chat_with, problem
from tests.waiting import until


def online(*users: str) -> dict[str, Any]:
    people = [{"id": user, "status": "online", "last_seen": None} for user in users]
    return {"type": "presence", "users": people}


async def test_keys_are_told_at_once_and_their_end_by_itself(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        chat.type("r")
        chat.type("r")
        first = await peer.hear("typing")
        clock.advance(0.25)
        second = await peer.hear("typing")
        clock.advance(1)
        last = await peer.hear("typing")

    assert [one["is_typing"] for one in (first, second, last)] == [True, True, False]
    assert last["room"] == "r"


async def test_a_text_that_is_taken_back_is_told_at_once(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        chat.type("r")
        chat.stop_typing("r")
        told = [(await peer.hear("typing"))["is_typing"] for _ in range(2)]

    assert told == [True, False]


async def test_a_message_needs_no_end_of_typing_before_or_behind_it(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        chat.type("r")
        sending = asyncio.create_task(chat.send("r", "hello"))
        typing, message = await peer.hear("typing"), await peer.hear("message")
        await peer.acknowledge(message, 4)
        await sending
        clock.advance(5)
        chat.type("r")
        next_one = await peer.hear("typing")

    assert (typing["is_typing"], next_one["is_typing"]) == (True, True)


async def test_keys_pressed_while_offline_are_never_told(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        chat.type("r")
        await peer.hear("typing")
        chat.abort()
        await until(lambda: not chat.connected)
        chat.type("r")
        clock.advance(0.05)
        peer = await server.accept(ROOM)
        await until(lambda: chat.connected)
        clock.advance(2)
        chat.activity("away")

        assert (await peer.received.get())["type"] == "activity"


async def test_who_types_is_known_until_their_message_or_the_next_word(server, web):
    async with chat_with(server, web) as (chat, peer):
        changes = chat.typing_changes()
        await peer.say(type="typing", room="r", users=["bob", "eve"])
        both = await changes.next()
        await peer.message("r", 4)
        eve = await changes.next()
        await peer.say(type="typing", room="r", users=[])
        nobody = await changes.next()

        assert both == parley.Typing(room="r", users=["bob", "eve"])
        assert (list(eve.users), list(nobody.users)) == (["eve"], [])
        assert list(chat.typists("r")) == []


async def test_who_types_on_behind_their_message_is_seen_again(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        changes = chat.typing_changes()
        await peer.say(type="typing", room="r", users=["bob"])
        await peer.message("r", 4)
        first, second = await changes.next(), await changes.next()
        clock.advance(0.6)
        third = await changes.next()

    assert [list(one.users) for one in (first, second, third)] == [["bob"], [], ["bob"]]


async def test_a_message_that_was_missed_does_not_end_what_its_writer_types_now(server, web):
    async with chat_with(server, web, fakes.room("r", last_seq=5, delivered_seq=3)) as (chat, peer):
        await peer.say(type="typing", room="r", users=["bob"])
        await peer.message("r", 4)
        await peer.message("r", 5)
        await until(lambda: chat.cursor("r") == 5)
        between = list(chat.typists("r"))
        await peer.message("r", 6)
        await until(lambda: chat.cursor("r") == 6)

        assert between == ["bob"]
        assert list(chat.typists("r")) == []


async def test_nobody_types_in_a_room_that_one_has_left(server, web):
    async with chat_with(server, web) as (chat, peer):
        changes = chat.typing_changes()
        await peer.say(type="typing", room="r", users=["bob"])
        await changes.next()
        await peer.say(type="room", **fakes.room("r", removed=True))

        assert (await changes.next()).users == []


async def test_who_is_there_is_told_and_asked_for(server, web):
    async with chat_with(server, web) as (chat, peer):
        changes = chat.presence_changes()
        await peer.say(**online("bob", "eve"))
        came = [await changes.next(), await changes.next()]
        gone = {"id": "bob", "status": "offline", "last_seen": fakes.DAY}
        await peer.say(type="presence", users=[gone, *online("eve")["users"]])
        left = await changes.next()

        assert [one.id for one in came] == ["bob", "eve"]
        assert (left.id, left.status) == ("bob", "offline")
        assert left == chat.presence("bob")
        assert left.last_seen is not None
        assert chat.presence("eve").status == "online"
        assert chat.presence("stranger").status == "unknown"


async def test_with_the_connection_goes_what_was_known_of_the_others(server, web):
    async with chat_with(server, web, reconnect_bases_s=(60.0,)) as (chat, peer):
        presences, typing = chat.presence_changes(), chat.typing_changes()
        await peer.say(**online("bob"))
        await peer.say(type="typing", room="r", users=["bob"])
        await presences.next()
        await typing.next()
        chat.abort()

        assert (await presences.next()).status == "unknown"
        assert (await typing.next()).users == []
        assert chat.presence("bob").status == "unknown"


async def test_away_is_told_again_to_the_next_connection_and_active_is_not(server, web):
    async with chat_with(server, web) as (chat, peer):
        chat.activity("active")
        chat.activity("away")
        first = await peer.received.get()
        chat.abort()
        peer = await server.accept(ROOM)
        again = await peer.received.get()
        chat.activity("active")
        back = await peer.received.get()

    assert [one["state"] for one in (first, again, back)] == ["away", "away", "active"]


async def test_who_is_away_stays_so_though_a_message_is_sent_and_another_read(server, web):
    async with chat_with(server, web) as (chat, peer):
        chat.activity("away")
        await peer.hear("activity")
        sending = asyncio.create_task(chat.send("r", "hello"))
        frame = await peer.hear("message")
        behind_it = await peer.received.get()
        await peer.acknowledge(frame, 4)
        await sending
        chat.read("r")
        await peer.hear("read_receipt")
        behind_that = await peer.received.get()

    assert behind_it == behind_that == {"type": "activity", "state": "away"}


async def test_the_feeds_end_with_the_chat(server, web):
    async with chat_with(server, web) as (chat, _):
        feeds = (chat.typing_changes(), chat.presence_changes())

    for feed in feeds:
        with pytest.raises(StopAsyncIteration):
            await feed.next()


async def test_the_servers_time_is_that_of_its_last_word(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        before = chat.server_time
        frames = chat.frames()
        await peer.say(type="pong", server_time=fakes.DAY)
        await frames.next()
        clock.advance(20)

        assert before is None
        assert chat.server_time is not None
        assert chat.server_time.isoformat() == "2026-01-01T00:00:20+00:00"


async def test_a_post_ends_typing_though_it_goes_another_way(server, web):
    def answer(request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content)
        return httpx.Response(201, json={**fakes.message("r", 4, "me"), **given})

    web.answer("POST /api/chat/rooms/r/messages", answer)
    async with chat_with(server, web) as (chat, peer):
        chat.type("r")
        await chat.post("r", "hello")
        told = [(await peer.hear("typing"))["is_typing"] for _ in range(2)]

    assert told == [True, False]


async def test_presence_is_asked_over_http_too(server, web):
    people = [{"id": "bob", "status": "offline", "last_seen": fakes.DAY}]
    times = {"last_seen": None, "last_activity": None, "last_ping": fakes.DAY}
    me = {"id": "me", "status": "online", "active_connections": 2, **times}
    web.answer("GET /api/presence/users", lambda r: httpx.Response(200, json={"users": people}))
    web.answer("GET /api/presence/me", lambda request: httpx.Response(200, json=me))
    async with chat_with(server, web) as (chat, _):
        [bob] = await chat.api.presence(["bob", "eve"])
        asked = web.asked[-1].url.params["ids"]
        own = await chat.api.my_presence()
        web.answer("GET /api/presence/users", lambda request: problem(403, "permission_denied"))
        with pytest.raises(parley.PermissionDenied):
            await chat.api.presence(["stranger"])

    assert (bob.status, asked) == ("offline", "bob,eve")
    assert (own.status, own.active_connections, own.last_activity) == ("online", 2, None)
    assert own.last_ping is not None


async def test_who_learns_when_one_was_there_last_can_be_changed(server, web):
    def change(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"user": {"id": "me"}, **json.loads(request.content)})

    web.answer("PATCH /api/chat/me", change)
    async with chat_with(server, web) as (chat, _):
        profile = await chat.api.change_me(last_seen="contacts")

    assert profile.last_seen == "contacts"
    assert json.loads(web.asked[-1].content) == {"last_seen": "contacts"}
