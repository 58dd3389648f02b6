"""Who is there and who types, in a talk; and what is told of oneself."""

import json
from typing import Any

import httpx

from clients.python.parley.clock import SystemClock
from clients.python.terminal.attention import Attention
from clients.python.terminal.lines import plain
from tests.unit.clients.python import fakes
from tests.unit.clients.python.terminal.stage import ROOMS, Stage, opened, sent
from tests.waiting import until


def online(*users: str) -> dict[str, Any]:
    people = [{"id": user, "status": "online", "last_seen": None} for user in users]
    return {"type": "presence", "users": people}


async def bar_says(stage: Stage, text: str) -> None:
    await until(lambda: text in plain(stage.view.bar(stage.chat.state, 0)))


async def test_the_header_of_an_open_conversation_follows_the_other_person(stage):
    await opened(stage)
    await stage.peer.say(**online("bob"))
    await stage.shows("Bob (@bob) · online")
    gone = {"id": "bob", "status": "offline", "last_seen": fakes.DAY}
    await stage.peer.say(type="pong", server_time=fakes.DAY)
    await stage.peer.say(type="presence", users=[gone])

    await stage.shows("Bob (@bob) · last seen today at ")


async def test_who_types_here_stands_in_the_bar_until_their_message(stage):
    await opened(stage)
    await stage.peer.say(**online("bob"))
    await bar_says(stage, "· Bob: online ·")
    await stage.peer.say(type="typing", room="t", users=["bob"])
    await stage.peer.say(type="typing", room="r", users=["bob"])
    await bar_says(stage, "· bob is typing ·")
    await stage.peer.message("r", 4)
    await bar_says(stage, "· Bob: online ·")


async def test_who_types_first_in_a_group_is_asked_by_name(stage, web):
    await opened(stage)
    eve = {"users": [{"id": "eve", "username": "eve", "display_name": "Eve"}]}
    web.answer("GET /api/chat/users", lambda request: httpx.Response(200, json=eve))
    await stage.peer.say(type="typing", room="r", users=["eve"])

    await bar_says(stage, "· Eve is typing ·")


async def test_without_a_connection_nothing_is_said_of_others(stage):
    await opened(stage)
    await stage.peer.say(**online("bob"))
    await stage.shows("· online")
    stage.chat.abort()

    await until(lambda: not any("online" in line for line in stage.screen.lines))


async def test_keys_are_told_while_a_message_is_written_and_the_message_ends_it(stage):
    await opened(stage)
    Attention(stage.chat, model=stage.model, clock=SystemClock()).watch(stage.screen)
    stage.screen.write("h")
    typing = await stage.peer.hear("typing")
    frame = await sent(stage, "hello")
    await stage.peer.acknowledge(frame, 4)
    await stage.shows("you ✓ hello")
    stage.screen.write("/")
    stage.screen.write("x")
    again = await stage.peer.hear("typing")

    assert (typing["room"], typing["is_typing"], again["is_typing"]) == ("r", True, True)


async def test_away_is_told_again_after_a_lost_connection_until_the_next_key(stage, server, clock):
    Attention(stage.chat, model=stage.model, clock=clock).watch(stage.screen)
    clock.advance(300)
    first = await stage.peer.hear("activity")
    stage.chat.abort()
    peer = await server.accept(*ROOMS)
    second = await peer.hear("activity")
    stage.screen.touch()
    third = await peer.hear("activity")

    assert [one["state"] for one in (first, second, third)] == ["away", "away", "active"]


async def test_who_sees_when_one_was_there_last_can_be_chosen(stage, web):
    def change(request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content)
        return httpx.Response(200, json={"user": {"id": "me"}, **given})

    web.answer("PATCH /api/chat/me", change)
    web.answer("GET /api/chat/me", lambda r: httpx.Response(200, json={"user": {"id": "me"}}))
    stage.type("/lastseen Nobody")
    await stage.shows("Nobody sees when you were here last")
    stage.type("/lastseen contacts")
    await stage.shows("Only those you have a direct conversation with")
    stage.type("/lastseen everyone")
    await stage.shows("Whoever shares a conversation with you sees")
    stage.type("/lastseen")
    await stage.shows("This server has no choice of who sees")
    stage.type("/lastseen friends")
    await stage.shows("Like this: /lastseen contacts")
