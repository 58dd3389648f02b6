"""The HTTP API of receipts through the gateway: what members reported to chat is told here."""

import asyncio
import uuid

import httpx
import pytest

from libs.common.clock import SystemClock, to_wire
from tests.integration.chat.world import WITHIN_S


class Room:
    """A room of five messages in the running suite."""

    def __init__(self, world, room_id):
        self.world = world
        self.id = room_id

    async def report(self, member, **receipts):
        async with self.world.http(member) as http:
            response = await http.post(f"/rooms/{self.id}/receipts", json=receipts)
        assert response.status_code == 202

    async def ask(self, member, path="", **params):
        async with self.world.http(member, service="receipts") as http:
            return await http.get(f"/rooms/{self.id}{path}", params=params)

    async def until(self, member, path, holds):
        """Ask again and again, until the members of the answer are as they should be."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                response = await self.ask(member, path)
                if response.status_code == 200:
                    members = {each["user"]: each for each in response.json()["members"]}
                    if holds(members):
                        return members
                await asyncio.sleep(0.02)


async def room_of(world, *members):
    """Return a room of five messages of the first member; all are known to receipts."""
    room = Room(world, world.room(*members))
    world.fill(room.id, members[0], 5)
    world.tell(room.id)
    await room.until(members[0], "", lambda known: len(known) == len(members))
    return room


async def test_what_was_reported_to_chat_is_told_with_its_time(world):
    ann, bob = world.people(2)
    room = await room_of(world, ann, bob)

    before = to_wire(SystemClock().now())
    await room.report(bob, delivered_seq=4, read_seq=2)
    marks = await room.until(ann, "", lambda them: them[bob.id]["delivered_seq"] == 4)
    second = await room.until(ann, "/messages/2", lambda them: them[bob.id]["read"])
    third = await room.until(ann, "/messages/3", lambda them: them[bob.id]["delivered"])
    after = to_wire(SystemClock().now())

    assert marks[bob.id] == {"user": bob.id, "delivered_seq": 4, "read_seq": 2}
    assert before <= second[bob.id]["delivered_at"] == second[bob.id]["read_at"] <= after
    assert before <= third[bob.id]["delivered_at"] <= after
    assert third[bob.id] | {"delivered_at": None} == {
        "user": bob.id,
        "delivered": True,
        "read": False,
        "delivered_at": None,
        "read_at": None,
    }


@pytest.mark.both_servers
async def test_who_reads_in_private_shows_it_to_themselves_only(world):
    ann, bob = world.people(2)
    room = await room_of(world, ann, bob)
    await room.report(bob, read_seq=2)
    await room.until(ann, "", lambda them: them[bob.id]["read_seq"] == 2)

    async with world.http(bob) as http:
        assert (await http.patch("/me", json={"send_read_receipts": False})).status_code == 200
    await room.report(bob, read_seq=4)
    own = await room.until(bob, "", lambda them: them[bob.id]["read_seq"] == 4)
    shown = await room.until(ann, "", lambda them: them[bob.id]["delivered_seq"] == 4)
    own_fourth = await room.until(bob, "/messages/4", lambda _: True)
    shown_fourth = await room.until(ann, "/messages/4", lambda _: True)

    assert (own[bob.id]["read_seq"], shown[bob.id]["read_seq"]) == (4, 2)
    assert own_fourth[bob.id]["read"]
    assert own_fourth[bob.id]["read_at"]
    assert shown_fourth[bob.id]["delivered_at"]
    assert (shown_fourth[bob.id]["read"], shown_fourth[bob.id]["read_at"]) == (False, None)


async def test_members_come_in_pages(world):
    people = world.people(3)
    room = await room_of(world, *people)
    ids = sorted(person.id for person in people)

    for path in ("", "/messages/1"):
        first = (await room.ask(people[0], path, limit=2)).json()
        second = (await room.ask(people[0], path, limit=2, after=first["next"])).json()

        assert [each["user"] for each in first["members"]] == ids[:2]
        assert [each["user"] for each in second["members"]] == ids[2:]
        assert second["next"] is None


async def test_strangers_learn_nothing_and_cannot_tell_which_rooms_exist(world):
    ann, stranger = world.people(2)
    room = await room_of(world, ann)
    nowhere = Room(world, str(uuid.uuid4()))

    answers = [
        await asked.ask(stranger, path) for asked in (room, nowhere) for path in ("", "/messages/9")
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["code"] == "permission_denied"


async def test_who_is_not_signed_in_learns_where_to(world):
    [ann] = world.people(1)
    room = await room_of(world, ann)

    response = await room.ask(None)

    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["login_url"] == "/"


@pytest.mark.both_servers
async def test_a_browser_reads_with_its_cookie(world):
    [ann] = world.people(1)
    room = await room_of(world, ann)

    async with httpx.AsyncClient(base_url=world.url, timeout=WITHIN_S) as browser:
        cookie = {"Cookie": f"parley_access={ann.token}"}
        response = await browser.get(f"/api/receipts/rooms/{room.id}", headers=cookie)

    assert [each["user"] for each in response.json()["members"]] == [ann.id]


async def test_who_joins_later_asks_of_earlier_messages_only_where_history_is_open(world):
    ann, bob = world.people(2)
    room = await room_of(world, ann)
    world.rows(
        "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
        " values (%s, %s, 'member', 5, 5, 5)",
        *(room.id, bob.id),
    )
    world.rows("update room set version = 2 where id = %s", room.id)
    world.tell(room.id)
    await room.until(ann, "", lambda them: bob.id in them)

    closed = await room.ask(bob, "/messages/5")
    world.rows("update room set version = 3, open_history = true where id = %s", room.id)
    world.tell(room.id)
    members = await room.until(bob, "/messages/5", lambda _: True)

    assert (closed.status_code, closed.json()["code"]) == (404, "not_found")
    assert list(members) == [ann.id]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("healthz", "application/json"),
        ("openapi.json", "application/json"),
        ("docs", "text/html"),
        ("docs/start.js", "text/javascript"),
    ],
)
async def test_the_gateway_leads_to_what_is_open_to_all(world, path, media_type):
    async with world.http(None, service="receipts") as http:
        response = await http.get(f"/{path}")

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(media_type)
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.both_servers
async def test_too_much_is_refused_unread(world):
    async with world.http(None, service="receipts") as http:
        response = await http.post("/rooms/any", content=b"x" * (64 * 1024 + 1))

    assert (response.status_code, response.json()["code"]) == (413, "too_large")
