"""The chat against a server whose every frame the test plays."""

import asyncio
import json

import httpx
import pytest

from clients.python import parley
from clients.python.parley.feed import Feed
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import ROOM, chat_with
from tests.waiting import WITHIN_S, until


async def take(chat: parley.Chat, count: int, *, own: bool = False) -> list[int]:
    async with asyncio.timeout(WITHIN_S):
        messages = chat.messages(own=own)
        return [(await anext(messages)).seq for _ in range(count)]


async def test_a_message_is_sent_and_its_acknowledgement_returned(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello", reply_to=2))
        frame = await peer.hear("message")
        await peer.acknowledge(frame, 4)
        sent = await sending

    assert (frame["content"], frame["reply_to"]) == ("hello", 2)
    assert (sent.id, sent.seq, sent.duplicate) == ("r.4", 4, False)
    assert sent.client_id == frame["client_id"]
    assert server.tokens == ["Bearer t1"]


async def test_messages_come_in_order_each_once_across_a_lost_connection(server, web):
    async with chat_with(server, web) as (chat, peer):
        await peer.message("r", 5)
        await peer.message("r", 4)
        before = await take(chat, 2)
        peer.connection.transport.abort()
        peer = await server.accept(fakes.room("r", last_seq=7, delivered_seq=3))
        await peer.message("r", 5)
        await peer.message("r", 8)
        await peer.say(type="drained", count=1)
        sync = await peer.hear("sync")
        await peer.message("r", 6)
        await peer.message("r", 7)
        await peer.say(type="synced", rooms=[{"room": "r", "from": 6, "to": 7}], ref=sync["ref"])
        after = await take(chat, 3)

    assert before == [4, 5]
    assert sync["cursors"] == {"r": 5}
    assert after == [6, 7, 8]


async def test_a_send_survives_a_lost_connection_under_its_client_id(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        first = await peer.hear("message")
        chat.abort()
        peer = await server.accept(ROOM)
        second = await peer.hear("message")
        await peer.acknowledge(second, 4, duplicate=True)
        sent = await sending

    assert first == second
    assert sent.duplicate


async def test_a_busy_server_is_asked_over_http_and_then_again_with_a_retry_frame(server, web):
    busy = fakes.problem(503, "unavailable")
    web.answer("POST /api/chat/rooms/r/messages", lambda request: busy)
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        first = await peer.hear("message")
        await peer.say(type="error", code="unavailable", ref=first["ref"])
        retry = await peer.hear("retry")
        await peer.acknowledge(retry, 4)
        await sending

    assert retry["attempt"] == 1
    assert retry["client_id"] == first["client_id"]
    asked = [f"{one.method} {one.url.path}" for one in web.asked]
    assert asked[-2:] == ["POST /api/chat/rooms/r/messages", "POST /api/queue/outgoing"]
    assert {json.loads(one.content)["client_id"] for one in web.asked[-2:]} == {first["client_id"]}


async def test_a_refusal_is_raised_with_what_is_wrong(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", " "))
        frame = await peer.hear("message")
        wrong = {"content": ["must not be blank"]}
        await peer.say(type="error", code="bad_frame", ref=frame["ref"], fields=wrong)

        with pytest.raises(parley.BadFrame) as caught:
            await sending

    assert caught.value.fields == wrong


async def test_many_sends_fly_at_once_in_the_order_of_the_calls(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = [asyncio.create_task(chat.send("r", str(number))) for number in range(50)]
        heard = [await peer.hear("message") for _ in sending]
        for seq, frame in reversed(list(enumerate(heard, start=4))):
            await peer.acknowledge(frame, seq)
        sent = await asyncio.gather(*sending)

    assert [frame["content"] for frame in heard] == [str(number) for number in range(50)]
    assert [one.seq for one in sent] == list(range(4, 54))


async def test_without_an_answer_a_send_ends_at_its_deadline(server, web):
    async with chat_with(server, web) as (chat, _):
        with pytest.raises(parley.NotAcknowledged) as caught:
            await chat.send("r", "hello", client_id="chosen", timeout_s=0.05)

    assert caught.value.client_id == "chosen"


async def test_own_messages_are_yielded_only_where_asked_for(server, web):
    async with chat_with(server, web) as (chat, peer):
        await peer.message("r", 4, sender="me")
        await peer.message("r", 5)
        others = await take(chat, 1)
        await peer.message("r", 6, sender="me")
        everybody = await take(chat, 1, own=True)

    assert others == [5]
    assert everybody == [6]


async def test_a_message_of_a_new_room_makes_the_chat_ask_where_it_begins(server, web):
    web.answer(
        "GET /api/chat/rooms/new",
        lambda request: httpx.Response(200, json=fakes.room("new", last_seq=1)),
    )
    async with chat_with(server, web) as (chat, peer):
        await peer.message("new", 1)
        seqs = await take(chat, 1)

        assert seqs == [1]
        assert "new" in chat.rooms


async def test_a_post_into_a_room_that_is_not_known_yet_finds_its_beginning(server, web):
    stored = fakes.message("new", 1, sender="me")
    known = fakes.room("new", last_seq=1)
    web.answer("POST /api/chat/rooms/new/messages", lambda r: httpx.Response(201, json=stored))
    web.answer("GET /api/chat/rooms/new", lambda r: httpx.Response(200, json=known))
    async with chat_with(server, web) as (chat, _):
        await chat.post("new", "text 1")
        await until(lambda: "new" in chat.rooms)

        assert chat.cursor("new") == 1


async def test_a_frame_that_no_server_should_send_does_not_end_the_chat(server, web, caplog):
    async with chat_with(server, web) as (chat, peer):
        await peer.say(type="message", room="r", seq="four", content="private")
        await peer.message("r", 4)

        assert await take(chat, 1) == [4]
    assert "not what the protocol says" in caplog.text
    assert "private" not in caplog.text


async def test_rooms_beyond_the_welcome_are_read_over_http(server, web):
    pages = {"rooms": [fakes.room("far", last_seq=2, delivered_seq=2)], "next": None}
    web.answer("GET /api/chat/rooms", lambda request: httpx.Response(200, json=pages))
    async with chat_with(server, web) as (chat, peer):
        await peer.welcome(ROOM, more_rooms=True)
        await until(lambda: "far" in chat.rooms)

        assert chat.cursor("far") == 2


async def test_a_room_that_is_neither_in_the_welcome_nor_beyond_is_asked_for_and_left(server, web):
    pages = {"rooms": [fakes.room("far")], "next": None}
    web.answer("GET /api/chat/rooms", lambda request: httpx.Response(200, json=pages))
    web.answer("GET /api/chat/rooms/r", lambda request: fakes.problem(403, "permission_denied"))
    async with chat_with(server, web) as (chat, peer):
        await peer.welcome(more_rooms=True)
        await until(lambda: list(chat.rooms) == ["far"])


async def test_every_frame_can_be_watched_as_it_came(server, web):
    async with chat_with(server, web) as (chat, peer):
        frames = chat.frames()
        await peer.message("r", 3)
        await peer.say(type="typing", room="r", users=["bob"])
        await peer.say(type="dance", steps=1)
        seen = [await frames.next() for _ in range(3)]

    assert [type(frame).__name__ for frame in seen] == ["Message", "Typing", "Unknown"]


async def test_a_post_over_http_is_repeated_and_fills_its_seq(server, web):
    answers = iter(
        [
            fakes.problem(503, "unavailable", retry_after=0.01),
            httpx.Response(201, json=fakes.message("r", 4, sender="me")),
        ]
    )
    web.answer("POST /api/chat/rooms/r/messages", lambda request: next(answers))
    async with chat_with(server, web) as (chat, _):
        sent = await chat.post("r", "text 4")

        assert (sent.seq, chat.cursor("r")) == (4, 4)
    bodies = {one.content for one in web.asked if one.url.path.endswith("/messages")}
    assert len(bodies) == 1


async def test_what_is_missing_can_be_fetched_over_http(server, web):
    def answer(request: httpx.Request) -> httpx.Response:
        first = json.loads(request.content)["cursors"]["r"] + 1
        return httpx.Response(
            200,
            json={
                "messages": [fakes.message("r", first)],
                "rooms": [{"room": "r", "from": first, "to": first, "has_more": first < 6}],
                "statuses": [],
                "changed": [fakes.room("other", last_seq=1, delivered_seq=1)],
            },
        )

    web.answer("POST /api/chat/sync", answer)
    async with chat_with(server, web) as (chat, _):
        await chat.catch_up()

        assert await take(chat, 3) == [4, 5, 6]
        assert "other" in chat.rooms
        assert json.loads(web.asked[-1].content)["versions"] == {"r": ROOM["version"]}


async def test_the_last_messages_of_a_room_that_was_left_are_shown_before_it_goes(server, web):
    def answer(request: httpx.Request) -> httpx.Response:
        first = json.loads(request.content)["cursors"]["r"] + 1
        return httpx.Response(
            200,
            json={
                "messages": [fakes.message("r", first)],
                "rooms": [{"room": "r", "from": first, "to": first, "has_more": False}],
                "statuses": [],
                "changed": [fakes.room("r", last_seq=first) | {"removed": True}],
            },
        )

    web.answer("POST /api/chat/sync", answer)
    async with chat_with(server, web) as (chat, _):
        await chat.catch_up(wait_s=25)

        assert await take(chat, 1) == [4]
        assert "r" not in chat.rooms


async def test_leaving_ends_the_iteration_and_fails_what_still_waits(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        await peer.hear("message")
        await chat.close()

        assert [message async for message in chat.messages()] == []
        with pytest.raises(parley.Closed):
            await sending
        with pytest.raises(parley.Closed):
            await chat.send("r", "too late")


async def test_a_slow_reader_is_told_what_it_missed():
    feed: Feed[int] = Feed(limit=2)
    for number in range(5):
        feed.put(number)

    with pytest.raises(parley.FellBehind) as caught:
        await feed.next()

    assert caught.value.missed == 3
    assert [await feed.next(), await feed.next()] == [3, 4]
