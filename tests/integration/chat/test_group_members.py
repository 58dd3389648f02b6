"""Who may do what to whom in a group, over HTTP."""

import asyncio

import pytest

from clients.python import parley
from tests.integration.chat.groups import group_with_all_roles, opened, roles, version
from tests.integration.chat.world import WITHIN_S


def code_of(answer):
    return answer.json()["code"] if answer.status_code >= 400 else answer.status_code


async def test_the_owner_may_everything(world):
    room, (owner, admin, _, member, other) = await group_with_all_roles(world)
    newcomer = world.person()

    async with world.http(owner) as http:
        answers = [
            await http.patch(f"/rooms/{room}", json={"name": "Rome"}),
            await http.post(f"/rooms/{room}/members", json={"members": [newcomer.username]}),
            await http.patch(f"/rooms/{room}/members/{member.id}", json={"role": "admin"}),
            await http.patch(f"/rooms/{room}/members/{member.id}", json={"role": "member"}),
            await http.delete(f"/rooms/{room}/members/{other.id}"),
            await http.delete(f"/rooms/{room}/members/{admin.id}"),
        ]

    assert [answer.status_code for answer in answers] == [200] * 4 + [204] * 2
    assert [answer.json()["version"] for answer in answers[:4]] == [4, 5, 6, 7]
    assert answers[1].json()["member_count"] == 6
    assert list(roles(world, room).values()) == ["owner", "admin", "member", "member"]
    assert newcomer.id in roles(world, room)
    assert version(world, room) == 9


async def test_an_admin_may_what_concerns_plain_members(world):
    room, (owner, admin, other_admin, member, other) = await group_with_all_roles(world)
    newcomer = world.person()

    async with world.http(admin) as http:
        path = f"/rooms/{room}/members"
        allowed = [
            await http.patch(f"/rooms/{room}", json={"open_history": True}),
            await http.post(path, json={"members": [newcomer.id]}),
            await http.delete(f"{path}/{newcomer.id}"),
            await http.delete(f"{path}/{member.id}"),
        ]
        refused = [
            await http.delete(f"{path}/{owner.id}"),
            await http.delete(f"{path}/{other_admin.id}"),
            await http.patch(f"{path}/{other.id}", json={"role": "admin"}),
            await http.patch(f"{path}/{admin.id}", json={"role": "owner"}),
            await http.patch(f"{path}/{newcomer.id}", json={"role": "admin"}),
        ]

    assert [answer.status_code for answer in allowed] == [200, 200, 204, 204]
    assert [code_of(answer) for answer in refused] == ["permission_denied"] * 5
    assert [answer.json()["detail"] for answer in refused] == [
        *["Only the owner may remove admins, and nobody the owner."] * 2,
        *["Only the owner may set roles."] * 3,
    ]
    assert list(roles(world, room).values()) == ["owner", "admin", "admin", "member"]
    assert version(world, room) == 7


async def test_a_plain_member_may_only_leave(world):
    room, (owner, admin, _, member, other) = await group_with_all_roles(world)
    newcomer = world.person()

    async with world.http(member) as http:
        path = f"/rooms/{room}/members"
        refused = [
            await http.patch(f"/rooms/{room}", json={"name": "Mine"}),
            await http.patch(f"/rooms/{room}", json={}),
            await http.post(path, json={"members": [newcomer.id]}),
            await http.post(path, json={"members": [other.id]}),
            await http.delete(f"{path}/{owner.id}"),
            await http.delete(f"{path}/{admin.id}"),
            await http.delete(f"{path}/{other.id}"),
            await http.delete(f"{path}/{newcomer.id}"),
            await http.patch(f"{path}/{member.id}", json={"role": "owner"}),
        ]
        unchanged = version(world, room)
        left = await http.delete(f"{path}/{member.id}")
        gone = [
            await http.get(f"/rooms/{room}"),
            await http.get(path),
            await http.delete(f"{path}/{other.id}"),
        ]

    assert [code_of(answer) for answer in refused] == ["permission_denied"] * 9
    assert all("owner" in answer.json()["detail"] for answer in refused)
    assert unchanged == 3
    assert left.status_code == 204
    assert [code_of(answer) for answer in gone] == ["permission_denied"] * 3
    assert member.id not in roles(world, room)
    assert version(world, room) == 4


async def test_who_is_not_there_cannot_be_removed_or_promoted_and_it_is_said_calmly(world):
    room, (owner, admin, _, member, _) = await group_with_all_roles(world)
    stranger = world.person()

    async with world.http(owner) as http, world.http(admin) as by_admin:
        path = f"/rooms/{room}/members"
        first = await http.delete(f"{path}/{member.id}")
        removals = [
            await asked.delete(f"{path}/{user}")
            for asked in (http, by_admin)
            for user in (member.id, stranger.id, "no-id", owner.id.upper())
        ]
        promotions = [
            await http.patch(f"{path}/{user}", json={"role": "admin"})
            for user in (member.id, stranger.id, "no-id")
        ]

    assert first.status_code == 204
    assert [answer.status_code for answer in removals] == [204] * 8
    assert [code_of(answer) for answer in promotions] == ["not_found"] * 3
    assert version(world, room) == 4


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"role": None}, {"role": "Admin"}])
async def test_an_unknown_role_is_a_bad_frame(world, body):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)

    async with world.http(alice) as http:
        answer = await http.patch(f"/rooms/{room}/members/{bob.id}", json=body)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["role"])


@pytest.mark.parametrize("members", [["nobody-is-called-so"], "alice", [1], ["x" * 65]])
async def test_unknown_people_are_not_added_and_neither_is_anybody_else(world, members):
    alice, bob = world.people(2)
    room = await opened(world, alice)
    wish = [bob.id, *members] if isinstance(members, list) else members

    async with world.http(alice) as http:
        answer = await http.post(f"/rooms/{room}/members", json={"members": wish})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["members"])
    assert roles(world, room) == {alice.id: "owner"}


async def test_a_deactivated_person_is_nobody(world):
    alice, bob = world.people(2)
    world.rows("update chat_user set is_active = false where id = %s", bob.id)
    room = await opened(world, alice)

    async with world.http(alice) as http:
        answer = await http.post(f"/rooms/{room}/members", json={"members": [bob.id]})

    assert code_of(answer) == "bad_frame"


async def test_the_group_is_handed_over_and_given_back(world):
    room, (owner, _, _, member, _) = await group_with_all_roles(world)
    path = f"/rooms/{room}/members"

    async with world.http(owner) as http:
        kept = await http.patch(f"{path}/{owner.id}", json={"role": "member"})
        handed = await http.patch(f"{path}/{member.id}", json={"role": "owner"})
        too_late = await http.patch(f"{path}/{member.id}", json={"role": "member"})
    held_by = [user for user, role in roles(world, room).items() if role == "owner"]
    async with world.http(member) as http:
        given_back = await http.patch(f"{path}/{owner.id}", json={"role": "owner"})

    assert [code_of(answer) for answer in (kept, too_late)] == ["permission_denied"] * 2
    assert (handed.json()["role"], handed.json()["version"]) == ("admin", 4)
    assert held_by == [member.id]
    assert (given_back.json()["role"], given_back.json()["version"]) == ("admin", 5)
    assert roles(world, room)[owner.id] == "owner"


async def test_an_owner_who_leaves_is_followed_by_who_has_been_there_longest(world):
    room, (owner, first_admin, second_admin, member, other) = await group_with_all_roles(world)
    path = f"/rooms/{room}/members"

    # Whoever comes back stands behind those who stayed, even though nothing was written meanwhile.
    async with world.http(owner) as http:
        await http.delete(f"{path}/{first_admin.id}")
        await http.post(path, json={"members": [first_admin.id]})
        await http.patch(f"{path}/{first_admin.id}", json={"role": "admin"})
    owners = []
    for leaving in (owner, second_admin, first_admin, member, other):
        async with world.http(leaving) as http:
            left = await http.delete(f"{path}/{leaving.id}")
        assert left.status_code == 204
        owners.append([user for user, role in roles(world, room).items() if role == "owner"])

    assert owners == [[second_admin.id], [first_admin.id], [member.id], [other.id], []]
    assert version(world, room) == 11


async def test_a_group_lives_its_life_in_the_python_client(world):
    alice, bob, carol = world.people(3)

    async with (
        asyncio.timeout(WITHIN_S),
        await parley.with_token(world.chats[0], alice.token) as owner,
        await parley.with_token(world.chats[1], bob.token) as other,
    ):
        room = await owner.group_room("Trip", [bob.username])
        await owner.send(room.id, "Where to?")
        heard = await anext(other.messages())
        await owner.rename(room.id, "Rome")
        await owner.add_members(room.id, [carol.username])
        await owner.set_open_history(room.id, is_open=True)
        await owner.set_role(room.id, bob.id, "owner")
        with pytest.raises(parley.PermissionDenied):
            await owner.set_role(room.id, bob.id, "member")
        known = owner.rooms[room.id]
        members = {each.user: each.role async for each in other.api.members(room.id)}
        await other.remove_member(room.id, carol.id)
        await other.leave(room.id)
        with pytest.raises(parley.PermissionDenied):
            await other.send(room.id, "Am I still here?")

    assert (heard.room, heard.content) == (room.id, "Where to?")
    assert (known.name, known.role, known.open_history) == ("Rome", "admin", True)
    assert members == {alice.id: "admin", bob.id: "owner", carol.id: "member"}
    assert roles(world, room.id) == {alice.id: "owner"}


async def test_leaving_twice_succeeds_twice_and_only_for_who_was_there(world):
    owner, leaving, stranger = world.people(3)
    room = await opened(world, owner, leaving)
    answers = []

    for person, url in ((leaving, 0), (leaving, 1), (stranger, 0)):
        async with world.http(person, url=world.chats[url]) as http:
            answers.append((await http.delete(f"/rooms/{room}/members/{person.id}")).status_code)

    assert answers == [204, 204, 403]
    assert version(world, room) == 2


async def test_an_owner_who_leaves_is_not_followed_by_who_was_deactivated(world):
    room, (owner, admin, other_admin, *_) = await group_with_all_roles(world)
    world.rows("update chat_user set is_active = false where id = %s", admin.id)

    async with world.http(owner) as http:
        await http.delete(f"/rooms/{room}/members/{owner.id}")

    assert roles(world, room)[other_admin.id] == "owner"
