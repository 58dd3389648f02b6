"""``/ws/notifications/``: what badges are told, across both processes."""

import asyncio

import pytest

from clients.python.parley import Closed, Refused, Socket
from tests.integration.chat import groups
from tests.integration.chat.sessions import badge, notifications, until_told, write
from tests.integration.chat.world import WITHIN_S

NOT_AUTHENTICATED = 4001
PATH = "/ws/notifications/"
BUSY = 60


async def test_welcome_tells_how_much_is_unread_in_all_rooms(world):
    alice, bob = world.people(2)
    first, second = world.room(alice, bob), world.room(alice, bob)
    world.fill(first, bob, 3)
    world.fill(second, bob, 4)

    async with badge(world, alice) as told, world.client(alice) as chatting:
        pass

    assert told.welcome["unread_total"] == 7
    assert {room["id"] for room in told.welcome["rooms"]} == {first, second}
    assert "unread_total" not in chatting.welcome


async def test_a_badge_is_told_of_what_others_write_through_the_other_process(world):
    alice, bob = world.people(2)
    quiet, room = world.room(alice, bob), world.room(alice, bob)
    world.fill(quiet, bob, 3)

    async with badge(world, alice, url=world.chats[0]) as told:
        async with world.http(bob, url=world.chats[1]) as http:
            await write(http, room, "Hello,\n\n  how are you? " + "x" * 200)
        frame = await until_told(told, room, 1)

    preview = frame.pop("preview")
    assert frame == {
        "type": "notification",
        "room": room,
        "seq": 1,
        "sender": bob.id,
        "unread": 1,
        "unread_total": 4,
    }
    assert preview.startswith("Hello, how are you? xx")
    assert (len(preview), preview[-1]) == (120, "…")


async def test_ones_own_messages_are_not_told_whatever_sent_them(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    async with badge(world, alice) as told, world.client(alice) as client:
        await client.say(room, "by socket")
        async with world.http(alice) as mine, world.http(bob) as others:
            await write(mine, room, "by http")
            await write(others, room, "the first that is told")
        await until_told(told, room, 3)

    assert {frame["seq"] for frame in notifications(told, room)} == {3}


async def test_a_busy_room_is_told_once_a_second_and_its_last_message_always(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    async with badge(world, alice) as told, world.client(bob) as client:
        for number in range(BUSY):
            await client.say(room, f"number {number}")
            await asyncio.sleep(0.02)
        await until_told(told, room, BUSY)
        seqs = [frame["seq"] for frame in notifications(told, room)]

    assert (seqs[0], seqs[-1]) == (1, BUSY)
    assert seqs == sorted(set(seqs))
    assert len(seqs) < BUSY / 2


async def test_who_was_removed_is_told_nothing_of_the_room_any_more(world):
    owner, alice = world.people(2)
    room, other = await groups.opened(world, owner, alice), world.room(owner, alice)

    async with badge(world, alice) as told, world.http(owner) as http:
        await write(http, room, "still with us")
        await until_told(told, room, 1)
        await http.delete(f"/rooms/{room}/members/{alice.id}")
        await write(http, room, "gone")
        await write(http, other, "elsewhere")
        frame = await until_told(told, other, 1)

    assert {frame["seq"] for frame in notifications(told, room)} == {1}
    assert frame["unread_total"] == 1


async def test_a_room_that_was_joined_later_is_told_of(world):
    owner, alice = world.people(2)

    async with badge(world, alice) as told, world.http(owner) as http:
        room = await groups.opened(world, owner, alice)
        await asyncio.gather(*(write(http, room, f"number {number}") for number in range(5)))
        await until_told(told, room, 5)

    assert {frame["type"] for frame in told.frames} == {"notification"}


async def test_what_is_no_business_of_a_badge_is_refused_and_it_lives_on(world):
    alice = world.person()
    room = world.room(alice)

    async with badge(world, alice) as told:
        refused = [
            await told.say(room, "hello"),
            await told.ask({"type": "sync", "cursors": {}}),
            await told.ask({"type": "typing", "room": room, "is_typing": True}),
            await told.ask({"type": "no such thing"}),
        ]
        await told.socket.send({"type": "activity", "state": "away"})
        pong = await told.ask({"type": "ping"})

    assert [frame["code"] for frame in refused] == ["unsupported_type"] * 4
    assert "/ws/chat/" in refused[0]["message"]
    assert (pong["type"], world.stored(room)) == ("pong", [])


async def test_without_credentials_the_handshake_succeeds_and_is_closed_with_4001(world):
    socket = await Socket.open(world.url, path=PATH)

    with pytest.raises(Closed) as closed:
        await socket.receive(WITHIN_S)

    assert closed.value.close_code == NOT_AUTHENTICATED


async def test_a_page_of_a_foreign_origin_gets_no_badge(world):
    alice = world.person()

    with pytest.raises(Refused) as refused:
        await Socket.open(world.url, path=PATH, token=alice.token, origin="http://evil.example")

    assert refused.value.status == 403


async def test_a_ticket_opens_a_badge_once(world):
    alice = world.person()
    async with world.http(alice) as http:
        ticket = (await http.post("/auth/ticket", json={})).json()["ticket"]

    first = await Socket.open(world.url, path=f"{PATH}?ticket={ticket}")
    welcome = await first.receive_type("welcome", WITHIN_S)
    second = await Socket.open(world.url, path=f"{PATH}?ticket={ticket}")
    with pytest.raises(Closed) as closed:
        await second.receive(WITHIN_S)
    await first.close()

    assert (welcome["user"]["id"], closed.value.close_code) == (alice.id, NOT_AUTHENTICATED)


async def test_a_sign_out_closes_the_badge(world):
    alice = world.person()

    async with badge(world, alice, url=world.chats[0]) as told:
        async with world.http(alice, url=world.chats[1]) as http:
            await http.post("/auth/logout")
        code = await told.until_closed()

    assert code == NOT_AUTHENTICATED
