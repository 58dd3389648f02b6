from typing import Any, cast

import msgspec
import pytest

from libs.common.events import MessageCreated, MessageFrame, RoomChanged, RoomMember, UserRevoked
from services.chat.domain.ordering import HELD_FRAMES
from services.chat.frames.server import Custom, encode
from services.chat.hub import Hub, Outbound, Session
from tests.unit.chat.hub.fake_database import FakeDatabase, message, span
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.waiting import until

ROOM = "room"


class House:
    """A hub with its database, and how messages come about."""

    def __init__(self):
        self.database = FakeDatabase()
        self.hub = Hub(database=cast(Any, self.database))

    async def open(self, user, *, session="session"):
        wire = FakeWire()
        session = Session(f"{session} of {user}", user, f"sid of {user}", Outbound(wire))
        rooms = await self.hub.open(session)
        self.hub.go_live(session)
        return session, wire, rooms

    def commit(self, room, count=1):
        first = self.database.heads[room] + 1
        self.database.heads[room] += count
        return self.event(room, first, first + count - 1)

    def event(self, room, first, last, *, session=None):
        return MessageCreated(
            room=room,
            first_seq=first,
            last_seq=last,
            room_version=self.database.versions[room],
            frames=[
                MessageFrame(
                    seq=seq,
                    sender="author",
                    session=session,
                    frame=msgspec.Raw(encode(message(room, seq)).encode()),
                )
                for seq in range(first, last + 1)
            ],
        )


def seqs(wire):
    frames = [msgspec.json.decode(text) for text in wire.written]
    return [frame["seq"] for frame in frames if frame["type"] == "message"]


@pytest.fixture
def house():
    house = House()
    house.database.add_room(ROOM, "alice", "bob", head=10)
    return house


async def test_news_are_delivered_in_order_each_once(house):
    _, wire, rooms = await house.open("alice")
    first, second = house.commit(ROOM), house.commit(ROOM)

    for event in (second, first, first, second):
        house.hub.on_messages(event)

    assert [room.last_seq for room in rooms] == [10]
    assert seqs(wire) == [11, 12]


async def test_what_comes_between_the_seat_and_the_head_is_told_once(house):
    early = house.commit(ROOM)
    house.database.meanwhile["rooms_of_each"] = lambda: house.hub.on_messages(early)
    house.database.meanwhile["heads_of"] = lambda: house.hub.on_messages(house.commit(ROOM))

    _, wire, rooms = await house.open("alice")

    assert [room.last_seq for room in rooms] == [11]
    assert seqs(wire) == [12]


async def test_a_second_session_starts_at_its_own_head_and_moves_nobody_else(house):
    _, one, _ = await house.open("alice", session="one")
    lost = house.commit(ROOM)
    _, other, rooms = await house.open("alice", session="other")

    house.hub.on_messages(house.commit(ROOM))
    house.hub.on_messages(lost)

    assert [room.last_seq for room in rooms] == [11]
    assert (seqs(one), seqs(other)) == ([11, 12], [12])


async def test_a_hole_that_does_not_close_by_itself_is_read_from_the_database(house):
    _, wire, _ = await house.open("alice")
    house.commit(ROOM, 2)

    house.hub.on_messages(house.commit(ROOM))
    early = seqs(wire)
    await until(lambda: len(seqs(wire)) == 3)

    assert (early, seqs(wire)) == ([], [11, 12, 13])


async def test_while_a_hole_cannot_be_read_nothing_above_it_is_written(house):
    _, wire, _ = await house.open("alice")
    house.commit(ROOM)
    house.database.down = True

    house.hub.on_messages(house.commit(ROOM))
    await until(lambda: house.database.refused)
    house.hub.on_messages(house.commit(ROOM))
    meanwhile = seqs(wire)
    house.database.down = False
    await until(lambda: len(seqs(wire)) == 3)

    assert (meanwhile, seqs(wire)) == ([], [11, 12, 13])


async def test_far_behind_it_reads_on_until_it_has_caught_up(house):
    _, wire, _ = await house.open("alice")
    house.commit(ROOM, 3 * HELD_FRAMES)
    [head] = house.database.heads_of([ROOM])

    behind = house.hub.is_behind(head)
    house.hub.catch_up(head)
    await until(lambda: len(seqs(wire)) == 3 * HELD_FRAMES)

    assert behind
    assert not house.hub.is_behind(head)
    assert seqs(wire) == list(range(11, 11 + 3 * HELD_FRAMES))


async def test_before_a_message_of_a_newer_version_goes_out_the_members_are_read_again(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")
    house.database.spans[ROOM]["bob"] = span("bob", left_seq=10)
    house.database.versions[ROOM] = 2

    house.hub.on_messages(house.commit(ROOM))
    await until(lambda: seqs(alice))

    assert "members_of" in house.database.calls
    assert (seqs(alice), seqs(bob)) == ([11], [])


async def test_who_leaves_still_gets_what_was_written_before(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")
    before = house.commit(ROOM)
    house.database.spans[ROOM]["bob"] = span("bob", left_seq=11)
    house.database.versions[ROOM] = 2

    house.hub.on_messages(house.commit(ROOM))
    house.hub.on_messages(before)
    await until(lambda: len(seqs(alice)) == 2)

    assert seqs(bob) == [11]


async def test_who_joins_is_told_of_the_room_and_gets_what_follows(house):
    _, wire, rooms = await house.open("carol")
    house.database.spans[ROOM]["carol"] = span("carol", joined_seq=10)
    house.database.versions[ROOM] = 2
    member = RoomMember(user="carol", role="member", joined_seq=10, delivered_seq=10, read_seq=10)

    house.hub.on_room(RoomChanged(room=ROOM, version=2, last_seq=10, members=[member]))
    await until(lambda: wire.written)
    house.hub.on_messages(house.commit(ROOM))

    assert rooms == []
    assert msgspec.json.decode(wire.written[0])["type"] == "room"
    assert seqs(wire) == [11]


async def test_news_of_rooms_that_nobody_is_in_are_passed_over(house):
    house.database.add_room("other", "somebody")
    _, wire, _ = await house.open("alice")

    house.hub.on_messages(house.commit("other"))

    assert wire.written == []
    assert house.hub.local_rooms() == [ROOM]


async def test_revoked_sign_ins_close_their_sessions_and_no_others(house):
    one, wire, _ = await house.open("alice", session="one")
    _, other_wire, _ = await house.open("bob")

    house.hub.on_revoked(UserRevoked(user="alice", sids=("another",)))
    house.hub.on_revoked(UserRevoked(user="bob", sids=(one.sid,)))
    before = [*wire.codes, *other_wire.codes]
    house.hub.on_revoked(UserRevoked(user="alice", sids=("another", one.sid)))

    assert (before, wire.codes, other_wire.codes) == ([], [4001], [])


async def test_a_push_goes_to_the_sessions_of_the_user_that_were_welcomed(house):
    _, one, _ = await house.open("alice", session="one")
    _, two, _ = await house.open("alice", session="two")
    _, other, _ = await house.open("bob")
    early = FakeWire()
    await house.hub.open(Session("early", "alice", "sid", Outbound(early)))

    house.hub.on_pushed("alice", Custom(name="shop.order", data={"a": 1}))

    told = [{"type": "custom", "name": "shop.order", "data": {"a": 1}}]
    assert [[msgspec.json.decode(text) for text in wire.written] for wire in (one, two)] == [
        told,
        told,
    ]
    assert (other.written, early.written) == ([], [])


async def test_who_leaves_is_forgotten_and_so_is_a_room_without_seats(house):
    session, wire, _ = await house.open("alice")

    house.hub.leave(session)
    house.hub.leave(session)
    house.hub.on_messages(house.commit(ROOM))

    assert wire.written == []
    assert (house.hub.local_rooms(), house.hub.users(), house.hub.all_sessions()) == ([], [], [])


async def test_a_slow_reader_delays_nobody(house):
    _, slow, _ = await house.open("alice")
    _, quick, _ = await house.open("bob")
    slow.ready = False

    for _ in range(20):
        house.hub.on_messages(house.commit(ROOM))

    assert (seqs(slow), len(seqs(quick))) == ([], 20)


async def test_many_sockets_all_get_every_frame_in_order(house):
    wires = [(await house.open("alice", session=str(number)))[1] for number in range(450)]

    for _ in range(5):
        house.hub.on_messages(house.commit(ROOM))
    await until(lambda: all(len(seqs(wire)) == 5 for wire in wires))

    assert {tuple(seqs(wire)) for wire in wires} == {(11, 12, 13, 14, 15)}
