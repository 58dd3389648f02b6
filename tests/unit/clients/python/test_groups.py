"""Groups: what is asked over HTTP, and what the chat knows afterwards."""

import json

import httpx
import pytest

from clients.python import parley
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import chat_with

ROOM = {**fakes.room("g", last_seq=4, delivered_seq=4), "kind": "group", "role": "owner"}
PATH = "/api/chat/rooms/g"


def answer_with(web, what, *, status=200, **changes):
    web.answer(what, lambda request: httpx.Response(status, json={**ROOM, **changes}))


def bodies(web):
    return [json.loads(request.content) for request in web.asked if "/rooms" in request.url.path]


async def test_a_change_of_a_group_is_known_at_once(server, web):
    answer_with(web, "POST /api/chat/rooms", status=201, name="Trip")
    answer_with(web, f"PATCH {PATH}", name="Rome", version=2, open_history=True)
    answer_with(web, f"POST {PATH}/members", name="Rome", version=3, member_count=3)
    answer_with(web, f"PATCH {PATH}/members/eve", name="Rome", version=4, role="admin")
    async with chat_with(server, web) as (chat, _):
        opened = await chat.group_room("Trip", ["bob"])
        renamed = await chat.rename("g", "Rome")
        opened_up = await chat.set_open_history("g", is_open=True)
        added = await chat.add_members("g", ["eve"])
        handed_over = await chat.set_role("g", "eve", "owner")

        assert (opened.name, opened.role, renamed.name) == ("Trip", "owner", "Rome")
        assert (opened_up.open_history, added.member_count) == (True, 3)
        assert chat.rooms["g"] == handed_over
        assert (handed_over.version, handed_over.role) == (4, "admin")
    assert bodies(web) == [
        {"kind": "group", "members": ["bob"], "name": "Trip"},
        {"name": "Rome"},
        {"open_history": True},
        {"members": ["eve"]},
        {"role": "owner"},
    ]


async def test_who_leaves_a_group_forgets_it_and_who_removes_somebody_keeps_it(server, web):
    answer_with(web, "POST /api/chat/rooms", status=201)
    web.answer(f"DELETE {PATH}/members/eve", lambda request: httpx.Response(204))
    async with chat_with(server, web) as (chat, _):
        web.answer(f"DELETE {PATH}/members/{chat.user_id}", lambda request: httpx.Response(204))
        await chat.group_room("Trip", ["eve"])
        await chat.remove_member("g", "eve")
        kept = "g" in chat.rooms
        await chat.leave("g")

        assert kept
        assert "g" not in chat.rooms
        assert chat.cursor("g") == 0


async def test_a_refusal_to_leave_keeps_the_room(server, web):
    answer_with(web, "POST /api/chat/rooms", status=201)
    async with chat_with(server, web) as (chat, _):
        problem = {"code": "unavailable", "title": "Busy.", "retry_after": 1}
        web.answer(
            f"DELETE {PATH}/members/{chat.user_id}",
            lambda request: httpx.Response(503, json=problem),
        )
        await chat.group_room("Trip", [])
        with pytest.raises(parley.Unavailable):
            await chat.leave("g")

        assert "g" in chat.rooms


async def test_members_are_read_page_by_page(server, web):
    pages = {
        None: {"members": [{"user": "a", "role": "owner", "joined_seq": 0}], "next": "a"},
        "a": {"members": [{"user": "b", "role": "member", "joined_seq": 4}], "next": None},
    }
    web.answer(
        f"GET {PATH}/members",
        lambda request: httpx.Response(200, json=pages[request.url.params.get("after")]),
    )
    async with chat_with(server, web) as (chat, _):
        found = [member async for member in chat.api.members("g")]

    assert [(each.user, each.role, each.joined_seq) for each in found] == [
        ("a", "owner", 0),
        ("b", "member", 4),
    ]
