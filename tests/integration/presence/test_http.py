"""``/api/presence/``: who is there, to whom that is shown, and what one learns of oneself."""

import asyncio

import msgspec
import pytest

from tests.integration.presence.seeing import until_last_seen, until_status

pytestmark = pytest.mark.side_by_side

BAD, UNAUTHENTICATED, FORBIDDEN, OK = 400, 401, 403, 200
LOOK_S = 0.05


async def acquainted(world):
    """Return two people in a room of which presence knows."""
    ann, bob = world.people(2)
    await known_room(world, ann, bob)
    return ann, bob


async def known_room(world, *members, kind="group"):
    """Open a room over HTTP, and wait until presence knows who is in it."""
    first, *others = members
    name = {"name": "A room"} if kind == "group" else {}
    wish = {"kind": kind, "members": [each.id for each in others], **name}
    async with world.http(first) as chat, world.http(first, service="presence") as presence:
        room = (await chat.post("/rooms", json=wish)).json()["id"]
        path = f"/users?ids={others[0].id}"
        await ask_until(presence, path, lambda answer: answer.status_code == OK)
    return room


async def ask_until(http, path, is_it):
    """Ask again and again until the answer is as wanted; return it."""
    while not is_it(answer := await http.get(path)):
        await asyncio.sleep(LOOK_S)
    return answer


async def ask(world, person, *people):
    async with world.http(person, service="presence") as http:
        return await http.get("/users?ids=" + ",".join(each.id for each in people))


async def test_people_are_told_in_the_order_in_which_they_were_asked_for(world):
    ann, bob = await acquainted(world)
    async with world.client(ann), world.client(bob) as watching:
        await until_status(watching, ann, "online")

        answer = await ask(world, bob, ann, bob)

    assert answer.json() == {
        "users": [{"id": each.id, "status": "online", "last_seen": None} for each in (ann, bob)]
    }


async def test_when_somebody_left_is_shown(world):
    ann, bob = await acquainted(world)
    async with world.client(bob) as watching:
        async with world.client(ann):
            await until_status(watching, ann, "online")
        told = await until_status(watching, ann, "offline")

    (shown,) = (await ask(world, bob, ann)).json()["users"]

    assert shown == told


async def test_whoever_shares_no_room_is_told_nothing(world):
    ann, bob = await acquainted(world)
    stranger = world.person()

    answers = [
        await ask(world, stranger, ann),
        await ask(world, ann, bob, stranger),
        await ask(world, ann, stranger),
    ]

    assert [each.status_code for each in answers] == [FORBIDDEN] * 3
    assert {each.json()["code"] for each in answers} == {"permission_denied"}


async def test_one_learns_of_ones_own_connections(world):
    ann, bob = await acquainted(world)
    async with (
        world.client(bob) as watching,
        world.client(ann, url=world.chats[0]),
        world.client(ann, url=world.chats[1]),
        world.http(ann, service="presence") as http,
    ):
        await until_status(watching, ann, "online")
        answer = await ask_until(
            http, "/me", lambda answer: answer.json()["active_connections"] >= len(world.chats)
        )
        me = answer.json()

    assert (me["id"], me["status"], me["last_seen"]) == (ann.id, "online", None)
    assert me["active_connections"] == len(world.chats)
    assert me["last_activity"] <= me["last_ping"]


async def test_ones_last_ping_is_the_newest_beat_of_ones_process(world):
    ann = world.person()
    async with world.client(ann), world.http(ann, service="presence") as http:
        answer = await ask_until(http, "/me", lambda answer: answer.json()["last_ping"] is not None)
        first = answer.json()
        answer = await ask_until(
            http, "/me", lambda answer: answer.json()["last_ping"] != first["last_ping"]
        )
        later = answer.json()

    assert later["last_ping"] > first["last_ping"] >= first["last_activity"]
    assert later["last_activity"] == first["last_activity"]


async def test_nobody_is_told_anything_without_a_token(world):
    async with world.http(None, service="presence") as http:
        answers = [await http.get(path) for path in ("/me", "/stats", "/users?ids=x")]

    assert {each.status_code for each in answers} == {UNAUTHENTICATED}


async def test_totals_are_for_staff(world):
    ann, bob = await acquainted(world)
    async with world.client(ann), world.client(bob) as watching:
        await until_status(watching, ann, "online")
        async with world.http(ann, service="presence") as http:
            refused = await http.get("/stats")
            http.headers["Authorization"] = f"Bearer {world.token(ann.id, ann.sid, staff=True)}"
            # One that another test has killed counts until its heartbeat has expired.
            answer = await ask_until(
                http, "/stats", lambda answer: answer.json()["processes"] == len(world.chats)
            )

    assert refused.status_code == FORBIDDEN
    assert answer.json()["online"] >= len((ann, bob))


@pytest.mark.parametrize("hidden_by", ["owner", "viewer"])
async def test_who_hides_when_they_were_there_is_hidden_from_and_sees_nobody(world, hidden_by):
    ann, bob = world.people(2)
    await known_room(world, ann, bob)
    private = ann if hidden_by == "owner" else bob
    async with world.client(bob) as watching, world.http(private) as http:
        async with world.client(ann):
            await until_status(watching, ann, "online")
        await until_last_seen(watching, ann, is_shown=True)

        await http.patch("/me", json={"last_seen": "nobody"})
        await until_last_seen(watching, ann, is_shown=False)
        over_http = await until_http(world, bob, ann, is_shown=False)
        await http.patch("/me", json={"last_seen": "everyone"})
        again = await until_last_seen(watching, ann, is_shown=True)
        await until_http(world, bob, ann, is_shown=True)

    assert (over_http["status"], again["status"]) == ("offline", "offline")


async def test_contacts_are_those_with_whom_one_has_a_direct_conversation(world):
    ann, bob, eve = world.people(3)
    await known_room(world, ann, bob, eve)
    await known_room(world, ann, bob, kind="direct")
    async with world.http(ann) as http:
        await http.patch("/me", json={"last_seen": "contacts"})
    async with world.client(bob) as friend, world.client(eve) as colleague:
        async with world.client(ann):
            await until_status(friend, ann, "online")
            await until_status(colleague, ann, "online")
        by_frame = [
            (await until_status(each, ann, "offline"))["last_seen"] for each in (friend, colleague)
        ]
    by_http = [(await ask(world, each, ann)).json()["users"][0] for each in (bob, eve)]

    assert [seen is not None for seen in by_frame] == [True, False]
    assert [each["last_seen"] for each in by_http] == by_frame


async def until_http(world, viewer, person, *, is_shown):
    """Ask until presence has heard what chat has."""
    while True:
        (shown,) = (await ask(world, viewer, person)).json()["users"]
        if (shown["last_seen"] is not None) is is_shown:
            return shown
        await asyncio.sleep(LOOK_S)


async def test_the_document_names_what_there_is(world):
    async with world.http(None, service="presence") as http:
        document = msgspec.json.decode((await http.get("/openapi.json")).content)

    assert set(document["paths"]) == {
        "/api/presence/users",
        "/api/presence/me",
        "/api/presence/stats",
        "/api/presence/healthz",
    }
