"""``sync`` and the pages of history bring exactly what is missing, and say what they left."""

import random

import pytest

ROOM_LIMIT, CALL_LIMIT = 500, 2000


async def over_http(http, cursors):
    answer = (await http.post("/sync", json={"cursors": cursors})).json()
    return answer["messages"], answer["rooms"]


def positions(messages):
    return [(message["room"], message["seq"]) for message in messages]


def expected_of(cursors, heads):
    """Return the positions and the rooms' entries that a call has to bring."""
    left, places, entries = CALL_LIMIT, [], []
    for room, cursor in cursors.items():
        count = max(0, min(heads[room] - cursor, ROOM_LIMIT, left))
        left -= count
        places += [(room, seq) for seq in range(cursor + 1, cursor + count + 1)]
        entries.append((room, cursor + 1, count, cursor + count < heads[room]))
    return places, entries


def counted(rooms):
    """Return the entries of ``synced`` with the count of messages in place of ``to``."""
    return [(r["room"], r["from"], max(0, r["to"] - r["from"] + 1), r["has_more"]) for r in rooms]


async def test_any_cursors_bring_what_is_above_them_within_the_limits(world):
    chance = random.Random(16)  # noqa: S311 - no secret
    alice = world.person()
    heads = {}
    for count in (0, 1, 499, 500, 501, 700, 1200):
        room = world.room(alice)
        world.fill(room, alice, count)
        heads[room] = count

    async with world.client(alice) as client, world.http(alice) as http:
        for _ in range(25):
            chosen = chance.sample(list(heads), k=chance.randint(1, len(heads)))
            cursors = {room: chance.randint(0, heads[room]) for room in chosen}
            if chance.random() < 0.4:
                cursors = dict.fromkeys(chosen, 0)

            for messages, rooms in (await client.sync(cursors), await over_http(http, cursors)):
                places, entries = expected_of(cursors, heads)
                assert positions(messages) == places
                assert counted(rooms) == entries


@pytest.mark.promise(number=4)
@pytest.mark.both_servers
async def test_asking_again_brings_everything_once(world):
    alice = world.person()
    rooms = [world.room(alice) for _ in range(6)]
    for room in rooms:
        world.fill(room, alice, 900)
    cursors, held = dict.fromkeys(rooms, 0), []

    async with world.client(alice) as client:
        for _ in range(5):
            messages, entries = await client.sync(cursors)
            held += positions(messages)
            cursors |= {entry["room"]: entry["to"] for entry in entries}
            if not any(entry["has_more"] for entry in entries):
                break

    assert sorted(held) == sorted((room, seq) for room in rooms for seq in range(1, 901))


async def test_a_cursor_above_the_head_brings_nothing(world):
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 3)

    async with world.client(alice) as client, world.http(alice) as http:
        for cursor in (3, 4, 2**53 - 1):
            for messages, rooms in (
                await client.sync({room: cursor}),
                await over_http(http, {room: cursor}),
            ):
                assert messages == []
                assert [(r["has_more"], r["to"] < r["from"]) for r in rooms] == [(False, True)]


async def test_what_was_written_before_one_joined_is_not_readable(world):
    author, late = world.people(2)
    room = world.room(author)
    world.fill(room, author, 30)
    world.rows(
        "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
        " values (%s, %s, 'member', 20, 20, 20)",
        *(room, late.id),
    )

    async with world.client(late) as client, world.http(late) as http:
        brought, rooms = await client.sync({room: 0})
        by_http, _ = await over_http(http, {room: 5})
        page = (await http.get(f"/rooms/{room}/messages")).json()
        older = (await http.get(f"/rooms/{room}/messages", params={"before": 21})).json()
        after = (await http.get(f"/rooms/{room}/messages", params={"after": 3})).json()

    seen = list(range(21, 31))
    assert [seq for _, seq in positions(brought)] == seen
    assert [seq for _, seq in positions(by_http)] == seen
    assert (rooms[0]["from"], rooms[0]["to"], rooms[0]["has_more"]) == (21, 30, False)
    assert [message["seq"] for message in page["messages"]] == seen
    assert older == {"messages": [], "has_more": False}
    assert [message["seq"] for message in after["messages"]] == seen


@pytest.mark.parametrize(("age", "first"), [("8 days", 251), ("6 days", 1)])
async def test_after_seven_days_only_the_newest_fifty_come_by_themselves(world, age, first):
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 300, age=age)

    async with world.client(alice) as client, world.http(alice) as http:
        for messages, rooms in (
            await client.sync({room: 0}),
            await over_http(http, {room: 0}),
        ):
            assert [seq for _, seq in positions(messages)] == list(range(first, 301))
            assert (rooms[0]["from"], rooms[0]["to"]) == (first, 300)
            assert rooms[0].get("truncated", False) is (first > 1)


@pytest.mark.both_servers
async def test_long_messages_come_whole_and_in_order_over_the_socket(world):
    """Control characters are six times longer in JSON than in the database."""
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 500)
    world.rows("update message set content = repeat(chr(1), 4096) where room_id = %s", room)

    async with world.client(alice) as client:
        messages, rooms = await client.sync({room: 0})

    assert [seq for _, seq in positions(messages)] == list(range(1, 501))
    assert rooms[0]["has_more"] is False
    assert {message["content"] for message in messages} == {"\1" * 4096}


async def test_opening_a_room_brings_the_newest_fifty_and_older_ones_in_pages_of_twenty(world):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 123)

    async with world.http(alice) as http:
        page = (await http.get(f"/rooms/{room}/messages")).json()
        pages = [[message["seq"] for message in page["messages"]]]
        while page["has_more"]:
            answer = await http.get(f"/rooms/{room}/messages", params={"before": pages[-1][0]})
            page = answer.json()
            pages.append([message["seq"] for message in page["messages"]])

    assert [len(page) for page in pages] == [50, 20, 20, 20, 13]
    assert [seq for page in reversed(pages) for seq in page] == list(range(1, 124))


async def test_any_page_is_the_part_of_the_room_that_was_asked_for(world):
    chance = random.Random(17)  # noqa: S311 - no secret
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 250)

    async with world.http(alice) as http:
        for _ in range(60):
            limit = chance.choice([None, 1, 20, 99, 100])
            side = chance.choice(["before", "after"])
            at = chance.randint(1, 260)
            params = {side: at} | ({"limit": limit} if limit else {})
            page = (await http.get(f"/rooms/{room}/messages", params=params)).json()

            seqs = [message["seq"] for message in page["messages"]]
            size = limit or 20
            if side == "before":
                known = [seq for seq in range(1, 251) if seq < at]
                wanted = known[-size:]
            else:
                known = [seq for seq in range(1, 251) if seq > at]
                wanted = known[:size]
            assert seqs == wanted
            assert page["has_more"] is (len(known) > size)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"before": 0},
        {"after": -1},
        {"before": 5, "after": 2},
        {"before": "\uff11\uff12"},
        {"before": "1e2"},
        {"after": 2**53},
    ],
)
async def test_a_page_that_cannot_be_is_refused_by_field(world, params):
    alice = world.person()
    room = world.room(alice)

    async with world.http(alice) as http:
        answer = await http.get(f"/rooms/{room}/messages", params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert set(answer.json()["errors"]) <= set(params)


async def test_syncs_that_overlap_are_answered_one_after_the_other(world):
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 300)

    async with world.client(alice) as client:
        for ref in ("one", "two", "three"):
            await client.socket.send({"type": "sync", "cursors": {room: 0}, "ref": ref})
        await client.until(
            lambda: [f["type"] for f in client.frames].count("synced") == 3, what="three answers"
        )

    kinds = [f.get("seq") or f["ref"] for f in client.frames]
    every = list(range(1, 301))
    assert kinds == [*every, "one", *every, "two", *every, "three"]
