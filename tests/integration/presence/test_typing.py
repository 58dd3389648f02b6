"""Who types, told over two processes."""

import pytest

from tests.integration.presence.seeing import typists, until_typists

REFUSED = "permission_denied"


async def press(client, room, *, is_typing=True):
    await client.socket.send({"type": "typing", "room": room, "is_typing": is_typing})


@pytest.mark.both_servers
async def test_typing_is_told_to_the_others_and_ends_by_itself(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    async with world.clients([ann, bob, bob]) as (typist, other, same_process):
        await press(typist, room)

        for each in (other, same_process):
            await each.until(lambda: typists(each, room), what="somebody to type")  # noqa: B023
            await until_typists(each, room)

    assert [typists(each, room) for each in (other, same_process)] == [[[ann.id], []]] * 2
    assert typists(typist, room) == []


async def test_a_message_ends_it_at_once(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    async with world.clients([ann, bob]) as (typist, other):
        await press(typist, room)
        await until_typists(other, room, ann)

        await typist.say(room, "there it is")
        await until_typists(other, room)

    kinds = [f["type"] for f in other.frames if f["type"] in ("typing", "message")]
    assert sorted(kinds) == ["message", "typing", "typing"]


async def test_two_typists_are_one_frame_and_neither_sees_themselves(world):
    ann, bob, eve = world.people(3)
    room = world.room(ann, bob, eve)
    async with world.clients([ann, bob, eve]) as (one, two, other):
        await press(one, room)
        await press(two, room)

        await until_typists(other, room, ann, bob)
        await until_typists(one, room, bob)
        await until_typists(two, room, ann)

        await press(one, room, is_typing=False)
        await until_typists(two, room)

    for client, own in ((one, ann), (two, bob)):
        assert all(own.id not in users for users in typists(client, room))


async def test_it_ends_with_the_socket(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    async with world.client(bob, url=world.chats[0]) as other:
        async with world.client(ann, url=world.chats[1]) as typist:
            await press(typist, room)
            await until_typists(other, room, ann)
        await until_typists(other, room)


async def test_strangers_may_not_and_are_told_nothing(world):
    ann, bob, eve = world.people(3)
    room = world.room(ann, bob)
    async with world.clients([ann, bob, eve]) as (typist, other, stranger):
        refused = await stranger.ask({"type": "typing", "room": room, "is_typing": True})
        await press(typist, room)
        await until_typists(other, room, ann)
        await stranger.ask({"type": "ping"})

    assert refused["code"] == REFUSED
    assert typists(stranger, room) == []
    assert typists(other, room)[0] == [ann.id]


async def test_in_a_large_room_nobody_is_seen_to_type(world):
    people = world.people(101)
    large, small = world.room(*people), world.room(*people[:100])
    async with world.clients(people[:2]) as (typist, other):
        await press(typist, large)
        await press(typist, small)

        await until_typists(other, small, people[0])
        await until_typists(other, small)

    assert typists(other, large) == []


async def test_who_opens_a_chat_sees_who_is_typing(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    async with world.clients([ann, bob]) as (typist, other):
        await press(typist, room)
        await until_typists(other, room, ann)
        async with world.client(bob, url=world.chats[1]) as newcomer:
            while not typists(newcomer, room):
                await press(typist, room)
                await newcomer.ask({"type": "ping"})

    assert typists(newcomer, room)[0] == [ann.id]
