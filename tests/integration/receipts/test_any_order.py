"""News that come in the wrong order, late, twice or too high: in the end all is right, for all."""

import datetime as dt
import time

import pytest

from libs.common.clock import to_wire
from libs.common.events import Receipt, RoomChanged, RoomMember, RoomSnapshot
from tests.integration.chat.claims import until_claimed
from tests.integration.receipts.chats_streams import chats_streams, new_ids, until


@pytest.fixture
def streams(world):
    with chats_streams(world) as streams:
        yield streams


def now_ms():
    return time.time_ns() // 1_000_000


def wire(ms):
    """Return an instant as it is told."""
    return to_wire(dt.datetime.fromtimestamp(ms / 1000, dt.UTC))


def changed(room, version, joined_seqs, *, head=0, open_history=False):
    """Return the news that these are the members now, each with where they joined."""
    return RoomChanged(
        room=room,
        version=version,
        last_seq=head,
        members=members(joined_seqs),
        open_history=open_history,
    )


def members(joined_seqs):
    return [
        RoomMember(user=user.id, role="member", joined_seq=seq, delivered_seq=seq, read_seq=seq)
        for user, seq in joined_seqs.items()
    ]


@pytest.mark.promise(number=5)
async def test_a_receipt_may_come_before_its_message_and_its_room(world, streams):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.fill(room, ann, 3)  # neither room nor messages are announced

    async with world.client(bob) as reader, world.client(ann) as writer:
        await reader.socket.send({"type": "delivered", "room": room, "seq": 3})
        await reader.socket.send({"type": "read_receipt", "room": room, "seq": 2})
        await streams.until_marks(room, bob.id, (3, 2, 2))
        assert [(await streams.told(asker, room))[0] for asker in (ann, bob)] == [403, 403]
        assert (await streams.told(bob, f"{room}/messages/2"))[0] == 403

        world.tell(room)
        await streams.until_known(room)
        assert await streams.shown(ann, room) == {ann.id: (0, 0), bob.id: (3, 2)}
        _, message = await streams.told(ann, f"{room}/messages/2")
        assert [each["read"] for each in message["members"] if each["user"] == bob.id] == [True]

        await writer.until_marks(room, bob.id, delivered=3, read=2)
        await writer.say(room, "the fourth")
        await reader.until_seqs(room, 1)
        await reader.socket.send({"type": "read_receipt", "room": room, "seq": 4})
        await streams.until_marks(room, bob.id, (4, 4, 4))
    await until(lambda: streams.known_by_chat(room, bob.id), lambda marks: marks == (4, 4, 4))
    # Ann wrote the first three without anybody being told: what she has not read she has not read.
    assert streams.marks(room, ann.id) == (0, 0, 0)


async def test_nothing_comes_of_a_receipt_beyond_the_head_but_a_head(world, streams):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    await streams.until_known(room)
    async with world.client(ann) as writer, world.client(bob) as reader:
        await writer.say(room, "one")
        await reader.until_seqs(room, 1)
        await reader.socket.send({"type": "delivered", "room": room, "seq": 900})
        claims = await until_claimed(world.suite.state.redis_url, room, bool)
        assert {claim.delivered_seq for claim in claims} == {1}

        # As no chat would claim it.
        streams.receipts(Receipt(room, bob.id, 7, 7, now_ms()))
        await streams.until_marks(room, bob.id, (7, 7, 7))
        assert world.receipts_rows("select head from room where id = %s", room) == [(7,)]
        await until(lambda: streams.known_by_chat(room, bob.id), lambda marks: marks == (1, 1, 1))

        await writer.say(room, "two")
        await reader.until_seqs(room, 2)
        await streams.until_marks(room, ann.id, (2, 2, 2))
        assert await streams.shown(ann, room) == {ann.id: (2, 2), bob.id: (7, 7)}


@pytest.mark.both_servers
async def test_who_flushes_an_outbox_first_has_not_read_what_came_before_it(world, streams):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    await streams.until_known(room)
    async with world.client(ann) as writer:
        for number in range(1, 42):
            await writer.say(room, f"number {number}")
        async with world.client(bob) as reader:
            await reader.socket.send({"type": "read_receipt", "room": room, "seq": 30})
            await streams.until_marks(room, bob.id, (30, 30, 30))
            flushed = [await reader.say(room, f"from the outbox {number}") for number in (1, 2)]
            assert [each["seq"] for each in flushed] == [42, 43]
            await streams.until_marks(room, ann.id, (41, 41, 41))
            await until(
                lambda: world.receipts_rows(
                    "select seq from own_seq where room_id = %s and user_id = %s order by seq",
                    *(room, bob.id),
                ),
                lambda rows: rows == [(42,), (43,)],
            )
            assert streams.marks(room, bob.id) == (30, 30, 30)
            await until(lambda: streams.known_by_chat(room, bob.id), lambda it: it == (30, 30, 30))
            assert (await streams.shown(ann, room))[bob.id] == (30, 30)

            await reader.socket.send({"type": "delivered", "room": room, "seq": 41})
            await streams.until_marks(room, bob.id, (43, 30, 30))
            await reader.socket.send({"type": "read_receipt", "room": room, "seq": 41})
            await streams.until_marks(room, bob.id, (43, 43, 43))
        await writer.until_marks(room, bob.id, delivered=43, read=43)
        await until(lambda: streams.known_by_chat(room, bob.id), lambda it: it == (43, 43, 43))
    assert world.receipts_rows("select * from own_seq where room_id = %s", room) == []


async def test_what_comes_twenty_seconds_late_and_together_keeps_its_times(world, streams):
    ann, bob = world.people(2)
    (room,) = new_ids(1)
    began_ms = now_ms() - 20_000
    steps = [(7, 9_000), (3, 1_000), (7, 12_000), (5, 5_000), (8, 3_600_000)]
    receipts = [Receipt(room, bob.id, seq, seq - 1, began_ms + ms) for seq, ms in steps]

    streams.receipts(*receipts[:2], Receipt(room, ann.id, 9, 9, began_ms), *receipts[2:])
    streams.rooms(changed(room, 1, {ann: 0, bob: 0}, head=9))
    await streams.until_known(room)

    def at(ms):
        return wire(began_ms + ms)

    times = {}
    for seq in range(1, 10):
        _, body = await streams.told(ann, f"{room}/messages/{seq}")
        (its,) = [each for each in body["members"] if each["user"] == bob.id]
        times[seq] = (its["delivered_at"], its["read_at"])
    ahead_of_us = times[8][0]
    assert times == {
        **dict.fromkeys((1, 2), (at(1_000), at(1_000))),
        3: (at(1_000), at(5_000)),
        4: (at(5_000), at(5_000)),
        5: (at(5_000), at(9_000)),
        6: (at(9_000), at(9_000)),
        7: (at(9_000), ahead_of_us),
        8: (ahead_of_us, None),
        9: (None, None),
    }
    assert ahead_of_us <= wire(now_ms())


async def test_members_are_those_of_the_newest_version_whenever_it_comes(world, streams):
    ann, bob, cat = world.people(3)
    (room,) = new_ids(1)
    streams.rooms(changed(room, 3, {ann: 0, cat: 2}, head=4))
    await until(lambda: streams.marks(room, cat.id), lambda marks: marks == (2, 2, 2))

    # An older one is read after it, with a member who has left, and with the highest head.
    streams.rooms(changed(room, 2, {ann: 0, bob: 0}, head=9), changed(room, 1, {bob: 0}))
    streams.receipts(Receipt(room, ann.id, 1, 1, now_ms()))
    await streams.until_marks(room, ann.id, (1, 1, 1))
    await until(
        lambda: world.receipts_rows("select head from room where id = %s", room),
        lambda rows: rows == [(9,)],
    )

    assert set(await streams.shown(ann, room)) == {ann.id, cat.id}
    assert (await streams.told(bob, room))[0] == 403


async def test_who_leaves_and_comes_back_begins_where_they_come_back(world, streams):
    ann, bob = world.people(2)
    (room,) = new_ids(1)
    streams.rooms(changed(room, 1, {ann: 0, bob: 0}, head=4))
    streams.receipts(Receipt(room, bob.id, 3, 2, now_ms()))
    await streams.until_marks(room, bob.id, (3, 2, 2))
    await streams.until_known(room)

    streams.rooms(changed(room, 2, {ann: 0}, head=8))
    await streams.until_known(room, version=2)
    assert (await streams.told(bob, room))[0] == 403
    assert set(await streams.shown(ann, room)) == {ann.id}

    streams.rooms(changed(room, 3, {ann: 0, bob: 8}, head=9))
    await streams.until_known(room, version=3)
    assert await streams.shown(ann, room) == {ann.id: (0, 0), bob.id: (8, 8)}
    assert [(await streams.told(bob, f"{room}/messages/{seq}"))[0] for seq in (8, 9)] == [404, 200]
    # Between the two they were no member: that was received by nobody, at no time.
    assert world.receipts_rows(
        "select delivered_from, delivered_seq, claimed_at is null from advance"
        " where room_id = %s and user_id = %s order by delivered_seq",
        *(room, bob.id),
    ) == [(0, 3, False), (3, 8, True)]


async def test_a_snapshot_tells_who_wrote_what_and_the_order_still_does_not_matter(world, streams):
    ann, bob = world.people(2)
    (room,) = new_ids(1)
    snapshot = RoomSnapshot(
        room=room,
        version=1,
        last_seq=6,
        members=members({ann: 0, bob: 0}),
        own_seqs={ann.id: [1, 2, 6], bob.id: [4, 5]},
    )

    streams.receipts(Receipt(room, bob.id, 3, 0, now_ms()))
    streams.rooms(snapshot)
    await streams.until_marks(room, ann.id, (2, 2, 2))
    await streams.until_marks(room, bob.id, (5, 0, 0))
    streams.receipts(Receipt(room, ann.id, 5, 5, now_ms()), Receipt(room, bob.id, 3, 3, now_ms()))
    streams.rooms(snapshot)

    await streams.until_marks(room, ann.id, (6, 6, 6))
    await streams.until_marks(room, bob.id, (5, 5, 5))


async def test_what_is_read_in_private_is_shown_with_the_next_open_claim_only(world, streams):
    ann, bob = world.people(2)
    (room,) = new_ids(1)
    streams.rooms(changed(room, 1, {ann: 0, bob: 0}, head=20))
    reads = [(3, False), (5, True), (8, True), (9, False), (9, True), (12, True), (11, False)]
    shown = []

    for step, (seq, private) in enumerate(reads, start=1):
        streams.receipts(
            Receipt(room, bob.id, seq, seq, now_ms(), None, private),
            Receipt(room, ann.id, step, 0, now_ms()),
        )
        await streams.until_marks(room, ann.id, (step, 0, 0))
        shown.append(streams.marks(room, bob.id)[1:])

    assert shown == [(3, 3), (5, 3), (8, 3), (9, 9), (9, 9), (12, 9), (12, 11)]
    assert (await streams.shown(ann, room))[bob.id] == (12, 11)
    assert (await streams.shown(bob, room))[bob.id] == (12, 12)
