"""Groups over HTTP: who opens them, what they are called, and who hears of them."""

import uuid

import pytest

from libs.common.database import LOCK_TIMEOUT_MS
from services.chat.domain.rooms import ROOM_MEMBERS
from tests.integration.chat.groups import opened, roles, version

NO_ROOM = "018f0000-0000-7000-8000-000000000000"


async def test_who_opens_a_group_owns_it_and_everybody_sees_it(world):
    alice, bob, carol = world.people(3)

    async with world.http(alice) as http:
        body = {"kind": "group", "name": " Trip ", "members": [bob.username.upper(), carol.id]}
        answer = await http.post("/rooms", json=body)
    room = answer.json()
    async with world.http(bob, url=world.chats[1]) as http:
        seen = (await http.get(f"/rooms/{room['id']}")).json()
        listed = (await http.get(f"/rooms/{room['id']}/members")).json()["members"]

    assert answer.status_code == 201
    assert (room["kind"], room["name"], room["version"]) == ("group", "Trip", 1)
    assert (room["member_count"], room["last_seq"]) == (3, 0)
    assert "members" not in room
    assert (seen["id"], seen["name"], seen["version"]) == (room["id"], "Trip", 1)
    assert (room["role"], seen["role"]) == ("owner", "member")
    assert {member["user"]: member["role"] for member in listed} == {
        alice.id: "owner",
        bob.id: "member",
        carol.id: "member",
    }


async def test_each_group_is_another_one_even_of_the_same_people(world):
    alice, bob = world.people(2)

    assert await opened(world, alice, bob) != await opened(world, alice, bob)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "group", "members": []}, "name"),
        ({"kind": "group", "members": [], "name": None}, "name"),
        ({"kind": "group", "members": [], "name": ""}, "name"),
        ({"kind": "group", "members": [], "name": " \u00a0"}, "name"),
        ({"kind": "group", "members": [], "name": "a\0b"}, "name"),
        ({"kind": "group", "members": [], "name": "x" * 81}, "name"),
        ({"kind": "group", "members": [], "name": 1}, "name"),
        ({"kind": "group", "members": ["nobody-is-called-so"], "name": "Trip"}, "members"),
        ({"kind": "group", "members": ["a\0b"], "name": "Trip"}, "members"),
        ({"kind": "group", "members": [NO_ROOM], "name": "Trip"}, "members"),
        ({"kind": "group", "members": "alice", "name": "Trip"}, "members"),
        ({"kind": "group", "name": "Trip"}, "members"),
        ({"kind": "direct", "members": [], "name": "Trip"}, "name"),
        ({"kind": "direct", "members": []}, "members"),
        ({"kind": "channel", "members": [], "name": "Trip"}, "kind"),
    ],
)
async def test_a_wrong_wish_opens_nothing_and_says_what_is_wrong(world, body, field):
    alice = world.person()

    async with world.http(alice) as http:
        answer = await http.post("/rooms", json=body)
        rooms = (await http.get("/rooms")).json()["rooms"]

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert list(answer.json()["errors"]) == [field]
    assert rooms == []


async def test_a_group_holds_a_thousand_and_twenty_four_and_not_one_more(world):
    owner, late = world.people(2)
    ids = [str(uuid.uuid4()) for _ in range(ROOM_MEMBERS)]
    world.rows(
        "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
        " is_superuser) select id, 'm' || left(id::text, 8) || right(id::text, 12), 'Many', '!',"
        " true, false, false from unnest(%s::uuid[]) id",
        ids,
    )
    wish = {"kind": "group", "name": "Everybody", "members": ids[1:]}

    async with world.http(owner) as http:
        beyond = await http.post("/rooms", json={**wish, "members": ids})
        answer = await http.post("/rooms", json=wish)
        room = answer.json()
        path = f"/rooms/{room['id']}/members"
        full = await http.post(path, json={"members": [late.id]})
        again = await http.post(path, json={"members": ids[1:]})
        removed = await http.delete(f"{path}/{ids[1]}")
        fits = await http.post(path, json={"members": [late.id]})

    assert (answer.status_code, room["member_count"]) == (201, ROOM_MEMBERS)
    for refused in (beyond, full):
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame")
        assert list(refused.json()["errors"]) == ["members"]
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert (removed.status_code, fits.status_code) == (204, 200)
    assert (fits.json()["member_count"], fits.json()["version"]) == (ROOM_MEMBERS, 3)


async def test_a_change_raises_the_version_once_and_the_same_again_does_not(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    world.rows("update room set changed_at = now() - interval '1 hour' where id = %s", room)

    async with world.http(alice) as http:
        told = [
            (await http.patch(f"/rooms/{room}", json=change)).json()
            for change in (
                {},
                {"name": "Rome", "open_history": True},
                {"name": " Rome ", "open_history": True},
                {"open_history": False},
                {"name": "Rome"},
            )
        ]

    assert [(each["name"], each["version"]) for each in told] == [
        ("Trip", 1),
        ("Rome", 2),
        ("Rome", 2),
        ("Rome", 3),
        ("Rome", 3),
    ]
    assert [each["open_history"] for each in told] == [False, True, True, False, False]
    assert world.rows(
        "select changed_at > now() - interval '1 minute' from room where id = %s", room
    ) == [(True,)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": None}, "name"),
        ({"open_history": "yes"}, "open_history"),
        ({"open_history": None}, "open_history"),
    ],
)
async def test_a_wrong_change_changes_nothing(world, change, field):
    alice = world.person()
    room = await opened(world, alice)

    async with world.http(alice) as http:
        answer = await http.patch(f"/rooms/{room}", json={"open_history": True, **change})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert world.rows("select name, open_history, version from room where id = %s", room) == [
        ("Trip", False, 1)
    ]


async def test_a_direct_room_never_changes(world):
    alice, bob, carol = world.people(3)

    async with world.http(alice) as http:
        room = (await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})).json()
        path = f"/rooms/{room['id']}"
        answers = [
            await http.patch(path, json={"name": "Us"}),
            await http.patch(path, json={"open_history": True}),
            await http.post(f"{path}/members", json={"members": [carol.id]}),
            await http.patch(f"{path}/members/{bob.id}", json={"role": "admin"}),
            await http.delete(f"{path}/members/{bob.id}"),
            await http.delete(f"{path}/members/{alice.id}"),
        ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert {answer.json()["detail"] for answer in answers} == {"A direct room never changes."}
    assert roles(world, room["id"]).keys() == {alice.id, bob.id}
    assert version(world, room["id"]) == 1


async def test_a_stranger_cannot_tell_a_group_from_none_not_even_while_it_is_locked(world):
    alice, left, stranger = world.people(3)
    room = await opened(world, alice, left)
    async with world.http(left) as http:
        await http.delete(f"/rooms/{room}/members/{left.id}")

    with world.transaction() as holder:
        holder.execute("select 1 from room where id = %s for update", [room])
        told = [
            [await _asked(world, person, each, alice) for each in (room, NO_ROOM, "no-id")]
            for person in (left, stranger)
        ]

    denied = (403, "permission_denied", "You are not a member of this room.")
    # Who has left may say so again: that is no secret to them.
    again = [denied] * 4 + [(204, "", "")]
    assert told == [[again, [denied] * 5, [denied] * 5], [[denied] * 5] * 3]


async def _asked(world, person, room, other):
    async with world.http(person) as http:
        answers = [
            await http.patch(f"/rooms/{room}", json={"name": "Mine"}),
            await http.post(f"/rooms/{room}/members", json={"members": [person.id]}),
            await http.patch(f"/rooms/{room}/members/{other.id}", json={"role": "owner"}),
            await http.delete(f"/rooms/{room}/members/{other.id}"),
            await http.delete(f"/rooms/{room}/members/{person.id}"),
        ]
    return [
        (each.status_code, each.json()["code"], each.json()["detail"])
        if each.content
        else (each.status_code, "", "")
        for each in answers
    ]


async def test_a_lock_that_is_not_had_in_time_is_unavailable_and_changes_nothing(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)

    async with world.http(alice) as http:
        with world.transaction() as holder:
            holder.execute("select 1 from room where id = %s for update", [room])
            refused = await http.delete(f"/rooms/{room}/members/{bob.id}")
        unchanged = roles(world, room)
        later = await http.delete(f"/rooms/{room}/members/{bob.id}")

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) * 1000 >= LOCK_TIMEOUT_MS
    assert unchanged.keys() == {alice.id, bob.id}
    assert later.status_code == 204
    assert (roles(world, room), version(world, room)) == ({alice.id: "owner"}, 2)


async def test_whoever_locks_a_group_for_a_foreign_key_holds_up_no_change(world):
    alice, bob = world.people(2)
    room = await opened(world, alice)

    async with world.http(alice) as http:
        with world.transaction() as holder:
            holder.execute("select 1 from room where id = %s for key share", [room])
            answer = await http.post(f"/rooms/{room}/members", json={"members": [bob.id]})

    assert answer.status_code == 200
