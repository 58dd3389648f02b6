"""Who is not in a room learns nothing of it, not even that it exists."""

import uuid

import pytest

from tests.integration.chat.world import message_frame

NO_ROOM = "018f0000-0000-7000-8000-000000000000"
NO_ID = "not-an-id"


def frames_about(room, client_id):
    return [
        message_frame(room, "let me in", client_id=client_id),
        message_frame(room, "let me in", client_id=client_id, reply_to=1),
        message_frame(room, "let me in", client_id=client_id) | {"type": "retry", "attempt": 1},
        {"type": "delivered", "room": room, "seq": 1},
        {"type": "read_receipt", "room": room, "seq": 1},
        {"type": "typing", "room": room, "is_typing": True},
        {"type": "sync", "cursors": {room: 0}},
    ]


async def told_by_socket(client, room, client_id):
    answers = [await client.ask(frame) for frame in frames_about(room, client_id)]
    return [{k: v for k, v in answer.items() if k != "ref"} for answer in answers]


async def told_by_http(http, room, client_id):
    message = {"client_id": client_id, "content": "let me in"}
    answers = [
        await http.get(f"/rooms/{room}"),
        await http.get(f"/rooms/{room}/members"),
        await http.get(f"/rooms/{room}/messages"),
        await http.get(f"/rooms/{room}/messages", params={"before": 2}),
        await http.get(f"/rooms/{room}/messages", params={"after": 0}),
        await http.post(f"/rooms/{room}/messages", json=message),
        await http.post(f"/rooms/{room}/messages", json={**message, "reply_to": 9}),
        await http.post(f"/rooms/{room}/receipts", json={"read_seq": 1}),
        await http.post("/sync", json={"cursors": {room: 0}}),
    ]
    return [(answer.status_code, answer.json()) for answer in answers]


def a_room_with_a_history(world):
    member = world.person()
    room = world.room(member, name="secret")
    world.fill(room, member, 5)
    return room


async def test_a_foreign_room_answers_like_one_that_does_not_exist_on_the_socket(world):
    stranger, room, client_id = world.person(), a_room_with_a_history(world), str(uuid.uuid4())

    async with world.client(stranger) as client:
        foreign = await told_by_socket(client, room, client_id)
        missing = await told_by_socket(client, NO_ROOM, client_id)
        no_id = await told_by_socket(client, NO_ID, client_id)

    assert foreign == missing == no_id
    assert [answer["type"] for answer in foreign] == ["error"] * 6 + ["synced"]
    assert {answer["code"] for answer in foreign[:6]} == {"permission_denied"}
    assert foreign[6]["rooms"] == []
    assert len(world.stored(room)) == 5


async def test_a_foreign_room_answers_like_one_that_does_not_exist_over_http(world):
    stranger, room, client_id = world.person(), a_room_with_a_history(world), str(uuid.uuid4())

    async with world.http(stranger) as http:
        foreign = await told_by_http(http, room, client_id)
        missing = await told_by_http(http, NO_ROOM, client_id)
        no_id = await told_by_http(http, NO_ID, client_id)

    assert foreign == missing == no_id
    assert [status for status, _ in foreign] == [403] * 8 + [200]
    assert {body["code"] for _, body in foreign[:8]} == {"permission_denied"}
    assert foreign[8][1] == {"messages": [], "statuses": [], "rooms": [], "changed": []}


async def test_a_stranger_gets_no_frame_of_a_room(world):
    alice, bob, stranger = world.people(3)
    room, shared = world.room(alice, bob), world.room(alice, bob, stranger)

    async with world.clients([alice, bob, stranger, stranger]) as (sender, reader, *strangers):
        for number in range(30):
            await sender.say(room, f"secret {number}")
        await reader.until_seqs(room, 30)
        # Whatever was on its way before this one has arrived before it.
        await sender.say(shared, "for all")
        for client in strangers:
            await client.until_seqs(shared, 1)

    for client in strangers:
        assert room not in client.heads
        of_rooms = [frame for frame in client.frames if frame["type"] != "presence"]
        assert [(frame["type"], frame["room"]) for frame in of_rooms] == [("message", shared)]


@pytest.mark.parametrize("door", ["socket", "http"])
async def test_who_has_left_is_a_stranger(world, door):
    alice, left = world.people(2)
    room, client_id = world.room(alice, left), str(uuid.uuid4())
    world.fill(room, alice, 5)
    world.rows("update member set left_seq = 5 where user_id = %s", left.id)

    if door == "socket":
        async with world.client(left) as client:
            told = await told_by_socket(client, room, client_id)
            missing = await told_by_socket(client, NO_ROOM, client_id)
        assert told == missing
    else:
        async with world.http(left) as http:
            *told, (_, synced) = await told_by_http(http, room, client_id)
            *missing, _ = await told_by_http(http, NO_ROOM, client_id)
        (farewell,) = synced.pop("changed")
        assert told == missing
        assert synced == {"messages": [], "statuses": [], "rooms": []}
        assert (farewell["id"], farewell["removed"], farewell["last_seq"]) == (room, True, 5)
        # Of how the room is now not even how often it has changed since.
        hidden = ("name", "version", "member_count", "lowest")
        assert [farewell[name] for name in hidden] == ["", 0, 0, []]


async def test_who_is_removed_while_connected_gets_nothing_that_was_written_afterwards(world):
    alice, bob, removed = world.people(3)
    room = world.room(alice, bob, removed)

    async with world.clients([alice, bob, removed, removed]) as (sender, reader, *clients):
        await sender.say(room, "before")
        for client in clients:
            await client.until_seqs(room, 1)
        with world.transaction() as change:
            change.execute("select 1 from room where id = %s for update", [room])
            change.execute("update member set left_seq = 1 where user_id = %s", [removed.id])
            change.execute("update room set version = version + 1 where id = %s", [room])
        await sender.say(room, "after")
        refused = await clients[0].say(room, "may I?")
        await reader.until_seqs(room, 2)
        for client in clients:
            await client.ask({"type": "ping"})

    assert refused["code"] == "permission_denied"
    assert [client.seqs(room) for client in clients] == [[1], [1]]


async def test_who_joins_while_connected_is_told_of_the_room_and_gets_what_follows(world):
    alice, joining = world.people(2)
    room = world.room(alice)

    async with world.client(alice) as sender, world.clients([joining], each=2) as clients:
        await sender.say(room, "before")
        with world.transaction() as change:
            change.execute("select 1 from room where id = %s for update", [room])
            change.execute(
                "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
                " values (%s, %s, 'member', 1, 1, 1)",
                [room, joining.id],
            )
            change.execute("update room set version = version + 1 where id = %s", [room])
            change.execute(
                "insert into outbox (event, subjects, first_seqs, last_seqs)"
                " values ('room.changed', array[%s::uuid], '{}', '{}')",
                [room],
            )
        told = [await client.until_type("room") for client in clients]
        await sender.say(room, "after")
        seqs = [await client.until_seqs(room, 1) for client in clients]

    assert [(frame["id"], frame["last_seq"], frame["version"]) for frame in told] == [
        (room, 1, 2)
    ] * 2
    assert seqs == [[2], [2]]
