"""What open sockets are told while things happen, across both processes."""

import asyncio
import itertools

import pytest

from tests.integration.chat.world import WITHIN_S, message_frame

NOT_AUTHENTICATED = 4001


@pytest.mark.both_servers
async def test_own_messages_reach_the_other_sessions_and_not_the_one_that_sent(world):
    alice = world.person()
    room = world.room(alice)

    async with world.clients([alice], each=3) as (sender, *others):
        for number in range(10):
            await sender.say(room, f"from one {number}")
        await others[0].say(room, "from another")
        for other, count in zip(others, (10, 11), strict=True):
            await other.until_seqs(room, count)
        await sender.until_seqs(room, 1)

    assert sender.seqs(room) == [11]
    assert others[0].seqs(room) == list(range(1, 11))
    assert others[1].seqs(room) == list(range(1, 12))


@pytest.mark.both_servers
async def test_a_message_sent_over_http_reaches_all_ones_sessions(world):
    alice = world.person()
    room = world.room(alice)

    async with world.clients([alice], each=2) as clients, world.http(alice) as http:
        message = message_frame(room, "by http")
        await http.post(
            f"/rooms/{room}/messages",
            json={"client_id": message["client_id"], "content": "by http"},
        )
        for client in clients:
            await client.until_seqs(room, 1)

    assert [client.messages(room)[0]["sender"] for client in clients] == [alice.id] * 2


@pytest.mark.both_servers
async def test_a_direct_room_is_told_to_both_at_once_and_works_at_once(world):
    alice, bob = world.person("Alice"), world.person("Bob")

    async with world.clients([alice, bob]) as (one, other), world.http(alice) as http:
        answer = await http.post("/rooms", json={"kind": "direct", "members": [bob.username]})
        room = answer.json()["id"]
        told = [await client.until_type("room") for client in (one, other)]
        first = await other.say(room, "hello")
        await one.until_seqs(room, 1)
        second = await one.say(room, "hello yourself")
        await other.until_seqs(room, 1)
        again = await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})

    assert answer.status_code == 201
    assert [(frame["id"], frame["name"], frame["last_seq"]) for frame in told] == [
        (room, "Bob", 0),
        (room, "Alice", 0),
    ]
    assert [first["seq"], second["seq"]] == [1, 2]
    assert (again.status_code, again.json()["id"]) == (200, room)
    assert [f["type"] for f in one.frames].count("room") == 1


async def test_two_who_open_their_direct_room_at_the_same_time_share_one(world):
    for _ in range(5):
        alice, bob = world.people(2)
        async with (
            world.http(alice, url=world.chats[0]) as one,
            world.http(bob, url=world.chats[1]) as other,
        ):
            answers = await asyncio.gather(
                *(
                    http.post("/rooms", json={"kind": "direct", "members": [whom.id]})
                    for http, whom in ((one, bob), (other, alice), (one, bob), (other, alice))
                )
            )

        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]


async def test_what_is_written_while_the_room_is_told_of_is_either_in_its_head_or_follows(world):
    for _ in range(10):
        alice, bob = world.people(2)
        async with world.clients([alice, bob]) as (one, other), world.http(alice) as http:
            answer = await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})
            room = answer.json()["id"]
            await asyncio.gather(*(one.say(room, f"number {number}") for number in range(20)))
            told = await other.until_type("room")
            head = told["last_seq"]
            await other.until_seqs(room, 20 - head)

        assert other.seqs(room) == list(range(head + 1, 21))


@pytest.mark.both_servers
async def test_signing_out_closes_the_open_sockets_of_that_sign_in_only(world):
    alice = world.person()
    other_sid = "00000000-0000-4000-8000-" + alice.id[-12:]
    world.rows(
        "insert into sign_in (id, user_id, session_key, user_agent) values (%s, %s, '', '')",
        *(other_sid, alice.id),
    )
    room = world.room(alice)
    elsewhere = type(alice)(
        alice.id, alice.username, other_sid, world.token(alice.id, other_sid, alice.username)
    )

    async with world.clients([alice], each=2) as closing, world.client(elsewhere) as staying:
        async with world.http(alice) as http:
            await http.post("/auth/logout", json={})
        codes = [await client.until_closed() for client in closing]
        ack = await staying.say(room, "still here")

        async with world.http(elsewhere) as http:
            await http.post("/auth/logout", json={"everywhere": True})
        last = await staying.until_closed()

    assert codes == [NOT_AUTHENTICATED] * 2
    assert ack["type"] == "ack"
    assert last == NOT_AUTHENTICATED


async def keep_sending(client, room, stop):
    """Send as fast as answers come, many at a time, until told to stop; return how many."""

    async def one_after_the_other():
        count = 0
        while not stop.is_set():
            ack = await client.say(room, "on and on")
            assert ack["type"] == "ack", ack
            count += 1
        return count

    return sum(await asyncio.gather(*(one_after_the_other() for _ in range(8))))


@pytest.mark.promise(number=4)
async def test_between_welcome_and_the_live_frames_there_is_no_hole(world):
    authors, reader = world.people(2), world.person()
    rooms = [world.room(*authors, reader) for _ in range(2)]
    stop = asyncio.Event()
    seen = 0

    async with world.clients(authors) as senders:
        sending = asyncio.gather(
            *(keep_sending(sender, room, stop) for sender, room in zip(senders, rooms, strict=True))
        )
        for number in range(50):
            async with world.client(reader, url=world.chats[number % 2]) as client:
                for room in rooms:
                    seqs = await client.until_seqs(room, 5)
                    head = client.heads[room]
                    assert seqs == list(range(head + 1, head + 1 + len(seqs)))
                    seen += len(seqs)
        stop.set()
        sent = await sending

    assert [len(world.stored(room)) for room in rooms] == sent
    assert seen >= 500


@pytest.mark.promise(number=4)
@pytest.mark.both_servers
async def test_many_who_connect_at_once_under_traffic_all_see_every_message(world):
    authors, readers = world.people(2), world.people(20)
    rooms = [world.room(*authors, *readers) for _ in range(2)]
    stop = asyncio.Event()

    async with world.clients(authors) as senders:
        sending = asyncio.gather(
            *(keep_sending(sender, room, stop) for sender, room in zip(senders, rooms, strict=True))
        )
        async with world.clients(readers) as clients:
            for client, room in itertools.product(clients, rooms):
                await client.until_seqs(room, 20)
            stop.set()
            sent = await sending
            for client, (room, count) in itertools.product(clients, zip(rooms, sent, strict=True)):
                await client.until_seqs(room, count - client.heads[room])

    for client, (room, count) in itertools.product(clients, zip(rooms, sent, strict=True)):
        assert client.seqs(room) == list(range(client.heads[room] + 1, count + 1))


async def test_who_sends_too_fast_is_told_when_to_go_on_and_stays_connected(world, monkeypatch):
    monkeypatch.setenv("MESSAGES_PER_S", "1")
    monkeypatch.setenv("MESSAGES_BURST", "5")
    extra = await asyncio.to_thread(world.suite.start_extra_chat)
    alice = world.person()
    room = world.room(alice)

    async with asyncio.timeout(WITHIN_S), world.client(alice, url=extra.url) as client:
        answers = await asyncio.gather(*(client.say(room, f"number {n}") for n in range(60)))
        pong = await client.ask({"type": "ping"})
    extra.kill()

    acks = [answer["seq"] for answer in answers if answer["type"] == "ack"]
    errors = [answer for answer in answers if answer["type"] == "error"]
    limits = client.welcome["limits"]
    assert (limits["messages_per_s"], limits["messages_burst"]) == (1, 5)
    assert acks[:5] == [1, 2, 3, 4, 5]
    assert len(errors) >= 6
    assert {error["code"] for error in errors} == {"rate_limited"}
    assert all(error["retry_after"] > 0 and error["client_id"] for error in errors)
    assert pong["type"] == "pong"
    assert len(world.stored(room)) == len(acks)
