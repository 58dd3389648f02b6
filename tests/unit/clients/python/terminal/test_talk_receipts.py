"""Ticks in a talk, and what counts as read."""

import json
from typing import Any

import httpx

from tests.unit.clients.python import fakes
from tests.unit.clients.python.terminal.stage import opened, sent


def status(room: str, **marks: int) -> dict[str, Any]:
    lowest = [{"user": user, "delivered_seq": 9, "read_seq": read} for user, read in marks.items()]
    return {"type": "status", "room": room, "lowest": lowest}


async def test_ticks_on_the_screen_move_when_the_others_do(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    await stage.peer.acknowledge(frame, 4)
    await stage.shows("you ✓ hello")
    await stage.peer.say(**status("r", me=9, bob=3))
    await stage.shows("you✓✓ hello")

    assert not any("you ✓ hello" in line for line in stage.screen.lines)


async def test_nothing_is_read_while_nobody_looks(stage):
    await opened(stage)
    await stage.peer.hear("read_receipt")
    stage.screen.is_watched = False
    await stage.peer.message("r", 4)
    await stage.shows("bob │ text 4")
    await stage.peer.hear("delivered")
    unread = stage.model.unread("r")
    stage.screen.look()
    receipt = await stage.peer.hear("read_receipt")

    assert unread == 1
    assert receipt["seq"] == 4
    assert stage.model.unread("r") == 0


async def test_what_another_device_reads_is_not_unread_here(stage):
    await stage.shows_nothing_unread_but(6)
    own = {"user": "me", "delivered_seq": 3, "read_seq": 3, "at": fakes.DAY}
    await stage.peer.say(**status("r"), members=[own])

    await stage.shows_nothing_unread_but(3)


async def test_who_read_a_message_is_asked_of_the_receipts_service(stage, web):
    members = [{"user": "bob", "delivered": True, "read": True, "read_at": fakes.DAY}]
    web.answer(
        "GET /api/receipts/rooms/r/messages/3",
        lambda request: httpx.Response(200, json={"members": members, "next": None}),
    )
    await opened(stage)
    stage.type("/who #3")

    await stage.shows("read by")


async def test_who_read_the_latest_message_is_asked_without_its_number(stage, web):
    members = [{"user": "bob", "delivered": True, "read": True, "read_at": fakes.DAY}]
    web.answer(
        "GET /api/receipts/rooms/r/messages/3",
        lambda request: httpx.Response(200, json={"members": members, "next": None}),
    )
    stage.type("/who")
    await stage.shows("Open a conversation first")
    await opened(stage)
    stage.type("/who")

    await stage.shows("Message 3: read by")


async def test_reading_can_be_kept_to_oneself(stage, web):
    def change(request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content)
        return httpx.Response(200, json={"user": {"id": "me"}, **given})

    web.answer("PATCH /api/chat/me", change)
    web.answer("GET /api/chat/me", lambda r: httpx.Response(200, json={"user": {"id": "me"}}))
    stage.type("/receipts off")
    await stage.shows("Others do not see what you read.")
    stage.type("/receipts on")
    await stage.shows("Others see what you have read.")
    stage.type("/receipts")
    await stage.shows("This server tells others what you have read")
    stage.type("/receipts maybe")
    await stage.shows("Like this: /receipts off")
