"""The chat's receipts, and those of others, against a server whose every frame the test plays."""

import json
from typing import Any

import httpx

from clients.python import parley
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import ROOM, chat_with
from tests.waiting import until


async def test_what_is_held_is_reported_as_delivered_and_what_is_seen_as_read(server, web):
    async with chat_with(server, web) as (chat, peer):
        await peer.message("r", 4)
        delivered = await peer.hear("delivered")
        chat.read("r")
        read = await peer.hear("read_receipt")

    assert delivered["seq"] == 4
    assert read["seq"] == 4


def status(seq: int, **members: Any) -> dict[str, Any]:
    bob = {"user": "bob", "delivered_seq": seq, "read_seq": seq}
    return {"room": "r", "lowest": [bob], **members}


async def test_ticks_follow_the_others_and_whoever_draws_them_is_told(server, web):
    async with chat_with(server, web) as (chat, peer):
        moves = chat.moves()
        mine = {"user": "me", "delivered_seq": 3, "read_seq": 2, "at": fakes.DAY}
        await peer.say(type="status", **status(3, members=[mine]))
        moved = await moves.next()

        assert moved == parley.Moved("r", own=True, others=True)
        assert chat.progress("r", 3) is parley.Progress.READ
        assert chat.marks("r")["bob"].read_seq == 3
        assert chat.rooms["r"].read_seq == 2


async def test_watermarks_come_over_http_too(server, web):
    nothing: dict[str, Any] = {"messages": [], "rooms": [], "changed": []}
    own = {"delivered_seq": 3, "read_seq": 2, "marks_version": 7}
    missing = {**nothing, "statuses": [status(3) | own]}
    web.answer("POST /api/chat/sync", lambda request: httpx.Response(200, json=missing))
    async with chat_with(server, web) as (chat, _):
        await chat.catch_up()

        assert chat.progress("r", 3) is parley.Progress.READ
        assert chat.rooms["r"].read_seq == 2


async def test_without_a_socket_receipts_go_over_http(server, web):
    def answer(request: httpx.Request) -> httpx.Response:
        missing = {"messages": [fakes.message("r", 4)], "rooms": [], "changed": []}
        return httpx.Response(200, json={**missing, "statuses": []})

    web.answer("POST /api/chat/sync", answer)
    web.answer("POST /api/chat/rooms/r/receipts", lambda request: httpx.Response(202))
    async with chat_with(server, web, reconnect_bases_s=(60.0,)) as (chat, _):
        chat.abort()
        await until(lambda: not chat.connected)
        chat.read("r", 4)
        await chat.catch_up()

    assert json.loads(web.asked[-1].content) == {"read_seq": 4}


async def test_what_was_read_last_is_still_told_when_the_chat_is_left(server, web):
    async with chat_with(server, web) as (chat, peer):
        await peer.message("r", 4)
        await peer.hear("delivered")
        chat.read("r", 4)
        await chat.close()
        read = await peer.hear("read_receipt")

    assert read["seq"] == 4


async def test_a_receipt_that_got_lost_is_told_again_by_the_next_connection(server, web):
    async with chat_with(server, web) as (chat, peer):
        chat.read("r", 3)
        first = await peer.hear("read_receipt")
        chat.abort()
        peer = await server.accept(ROOM)
        again = await peer.hear("read_receipt")

    assert first == again
