"""From ``watermarks.advanced`` on the stream to ``status`` frames on the sockets."""

import asyncio


async def test_an_advance_is_told_to_the_others_and_not_to_its_session(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 9)

    async with world.clients([alice, bob]) as [ann, ben]:
        world.advance(room, bob, 5, 4, session=ben.welcome["session"])
        told = await ann.until_marks(room, bob.id, delivered=5, read=4)
        world.advance(room, alice, 9, 9)
        await ben.until_marks(room, alice.id, read=9)

    assert told == (5, 4)
    assert ben.marks(room, bob.id) == (5, 4)
    assert len(ben.statuses(room)) == 1


async def test_a_burst_becomes_few_statuses_of_which_the_last_is_right(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 200)

    async with world.clients([alice]) as [ann]:
        for seq in range(1, 201):
            world.advance(room, bob, seq, seq - 1)
        told = await ann.until_marks(room, bob.id, delivered=200)

    assert told == (200, 199)
    assert len(ann.statuses(room)) < 100


async def test_who_reads_privately_is_seen_to_receive_only_and_sees_it_on_other_devices(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 9)

    async with world.clients([alice, bob, bob]) as [ann, phone, desk]:
        world.advance(room, bob, 7, 6, shown=2, session=phone.welcome["session"])
        seen = await ann.until_marks(room, bob.id, delivered=7)
        await desk.until(
            lambda: any(
                mark["user"] == bob.id and mark["read_seq"] == 6
                for status in desk.statuses(room)
                for mark in status["members"]
            ),
            what="one's own true mark",
        )

    assert seen == (7, 2)


async def test_what_only_the_rows_know_is_told_by_the_safety_net(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 9)

    async with world.clients([alice]) as [ann]:
        world.rows(
            "update member set delivered_seq = 5, read_seq = 4 where room_id = %s and user_id = %s",
            *(room, bob.id),
        )
        world.rows(
            "insert into room_marks (room_id, version, shown_version) values (%s, 1, 1)", room
        )
        told = await ann.until_marks(room, bob.id, delivered=5)

    assert told == (5, 4)


async def test_who_is_removed_hears_no_more(world):
    alice, bob, carol = world.people(3)
    room = world.room(alice, bob, carol)
    world.fill(room, alice, 9)

    async with world.clients([alice, carol]) as [ann, cat]:
        world.rows(
            "update member set left_seq = 9 where room_id = %s and user_id = %s", room, carol.id
        )
        world.rows("update room set version = version + 1 where id = %s", room)
        world.tell(room)
        await cat.until_type("room")
        world.advance(room, bob, 5, 4)
        await ann.until_marks(room, bob.id, delivered=5)

    assert cat.statuses(room) == []


async def test_sync_tells_how_far_rooms_are_unless_it_is_known(world):
    alice, bob, carol = world.people(3)
    room, foreign = world.room(alice, bob), world.room(bob, carol)
    world.fill(room, alice, 9)
    world.rows(
        "update member set delivered_seq = 5, read_seq = 4, shown_read_seq = 3 where user_id = %s",
        bob.id,
    )
    world.rows(
        "insert into room_marks (room_id, version, shown_version) values (%s, 9, 7), (%s, 9, 8)",
        *(room, foreign),
    )

    async with world.http(alice) as http:
        asked = {"cursors": {room: 9, foreign: 0}}
        all_told = (await http.post("/sync", json=asked)).json()
        known = (await http.post("/sync", json=asked | {"marks": {room: 7}})).json()
        waited = (await http.post("/sync", json=asked | {"wait_s": 20, "marks": {room: 6}})).json()

    [status] = all_told["statuses"]
    assert (status["type"], status["room"], status["marks_version"]) == ("status", room, 7)
    assert (status["delivered_seq"], status["read_seq"]) == (0, 0)
    assert {"user": bob.id, "delivered_seq": 5, "read_seq": 3} in status["lowest"]
    assert (known["statuses"], waited["statuses"]) == ([], [status])


async def test_a_status_ends_the_wait_of_a_poll(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 9)

    async with world.http(alice) as http:
        poll = asyncio.create_task(
            http.post("/sync", json={"cursors": {room: 9}, "versions": {room: 1}, "wait_s": 8})
        )
        while not poll.done():  # until it has begun to listen
            world.advance(room, bob, 5, 4)
            await asyncio.wait({poll}, timeout=0.2)
        answer = (await poll).json()

    assert [mark["read_seq"] for mark in answer["statuses"][0]["members"]] == [4]
