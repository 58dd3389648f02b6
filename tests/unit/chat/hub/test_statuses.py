import asyncio
from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import PermissionDenied
from libs.common.events import Advance, Receipt, WatermarksAdvanced
from services.chat.domain.status import LOOKS, Status
from services.chat.hub import Hub, Outbound, Session
from services.chat.hub.statuses import REPEAT_AFTER_S, MessageStatusManager
from services.chat.selectors.rooms import Head
from tests.unit.chat.hub.fake_database import FakeDatabase
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.waiting import WITHIN_S

ROOM = "room"


class Reporter:
    """Keeps what it is told."""

    def __init__(self):
        self.reported: list[Receipt] = []
        self.confirmed: list[Any] = []

    def report(self, receipt):
        self.reported.append(receipt)

    def confirm(self, advances):
        self.confirmed.append(advances)


class Pusher:
    """Keeps what it is told."""

    def __init__(self):
        self.heard: list[Any] = []

    def hear(self, advances):
        self.heard.append(advances)


class House:
    """A hub with a room of seven messages, and the manager."""

    def __init__(self):
        self.database, self.clock = FakeDatabase(), ManualClock()
        self.database.add_room(ROOM, "alice", "bob", head=7)
        self.hub = Hub(database=cast(Any, self.database))
        self.reporter, self.pusher = Reporter(), Pusher()
        self.statuses = MessageStatusManager(
            hub=self.hub,
            reporter=cast(Any, self.reporter),
            pusher=cast(Any, self.pusher),
            clock=self.clock,
        )

    async def open(self, user, *, is_private=False):
        session = Session(f"session of {user}", user, "sid", Outbound(FakeWire()))
        await self.hub.open(session)
        self.hub.go_live(session)
        self.hub.private_reading.settle(session, is_private=is_private)
        return session

    @property
    def claims(self):
        """(user, delivered_seq, read_seq) of what was reported."""
        return [(each.user, each.delivered_seq, each.read_seq) for each in self.reporter.reported]

    def heads(self, last_seq, room=ROOM):
        """Let the safety net have read a head."""
        self.statuses.on_heads([Head(room=room, last_seq=last_seq, version=1, marks_version=0)])


@pytest.fixture
def house():
    return House()


@pytest.fixture
async def bob(house):
    return await house.open("bob")


async def test_what_is_received_is_claimed_for_the_user_with_session_and_time(house, bob):
    house.clock.advance(1.5)

    house.statuses.mark_as_delivered(bob, ROOM, 5)

    at_ms = int(house.clock.now().timestamp() * 1000)
    assert house.reporter.reported == [Receipt(ROOM, "bob", 5, 0, at_ms, "session of bob", False)]


async def test_what_is_read_was_received(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 7)

    assert house.claims == [("bob", 7, 7)]


@pytest.mark.parametrize(("is_private", "claimed"), [(False, False), (True, True), (None, True)])
async def test_who_reads_privately_or_may_do_so_claims_privately(house, bob, is_private, claimed):
    bob.is_private = is_private

    house.statuses.mark_as_read(bob, ROOM, 7)

    assert [each.is_private for each in house.reporter.reported] == [claimed]


async def test_who_is_no_member_may_claim_nothing(house, bob):
    house.database.add_room("other", "alice", head=3)

    with pytest.raises(PermissionDenied):
        house.statuses.mark_as_delivered(bob, "other", 1)
    with pytest.raises(PermissionDenied):
        house.statuses.mark_as_read(bob, "no room at all", 1)

    assert house.claims == []


async def test_who_has_left_may_claim_nothing(house, bob):
    seat = bob.seats[ROOM]
    seat.until = 9

    with pytest.raises(PermissionDenied):
        house.statuses.mark_as_read(bob, ROOM, 1)


# -- beyond the head ---------------------------------------------------------------------------


async def test_a_claim_beyond_the_head_waits_for_heads(house, bob):
    house.statuses.mark_as_delivered(bob, ROOM, 9)
    claims_at_once = house.claims

    house.heads(9)

    assert (claims_at_once, house.claims) == ([], [("bob", 9, 0)])
    assert house.statuses.waiting_rooms() == set()


async def test_what_is_beyond_all_messages_is_cut(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 2**53 - 1)

    house.heads(8)
    after_one = house.claims
    house.heads(8)

    assert (after_one, house.claims) == ([], [("bob", 8, 8)])


async def test_heads_that_were_read_before_the_claim_do_not_cut_it(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 9)
    house.heads(8)  # their reading began before number 9 was written

    house.heads(9)

    assert house.claims == [("bob", 9, 9)]


async def test_of_one_member_what_waits_is_one(house, bob):
    desk = await house.open("bob")
    for seq in range(10, 20):
        house.statuses.mark_as_delivered(bob, ROOM, seq)
        house.statuses.mark_as_read(desk, ROOM, seq - 2)

    house.heads(20)

    assert house.claims == [("bob", 19, 17)]


async def test_what_is_read_privately_stays_so_while_it_waits(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 10)
    bob.is_private = True
    house.statuses.mark_as_read(bob, ROOM, 12)

    house.heads(11)
    house.heads(11)

    assert [(each.read_seq, each.is_private) for each in house.reporter.reported] == [
        (10, False),
        (11, True),
    ]


async def test_who_leaves_after_the_claim_was_a_member(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 9)
    house.hub.leave(bob)
    rooms = house.statuses.waiting_rooms()

    house.heads(9)

    assert (rooms, house.claims) == ({ROOM}, [("bob", 9, 9)])


async def test_a_room_of_which_no_head_comes_is_not_waited_for_long(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 9)
    house.hub.leave(bob)

    house.statuses.on_heads([])
    house.statuses.on_heads([])

    assert (house.claims, house.statuses.waiting_rooms()) == ([], set())


async def test_the_authors_own_claim_needs_not_wait(house, bob):
    house.statuses.mark_as_sent(ROOM, 9)
    house.statuses.mark_as_read(bob, ROOM, 9)
    house.statuses.mark_as_delivered(bob, ROOM, 10)

    assert house.claims == [("bob", 9, 9)]


async def test_a_head_that_was_read_is_known_until_the_hub_is_there(house, bob):
    house.heads(9)
    house.statuses.mark_as_read(bob, ROOM, 9)

    assert house.claims == [("bob", 9, 9)]


async def test_heads_of_rooms_without_anybody_are_forgotten(house, bob):
    for number in range(100):
        house.statuses.mark_as_sent(f"room {number}", 1)
    house.statuses.mark_as_sent(ROOM, 9)

    house.heads(9)

    assert house.statuses._heads == {ROOM: 9}


# -- who is about to be seated -------------------------------------------------------------------


async def test_a_claim_waits_until_the_members_were_read(house, bob):
    house.database.add_room("new", "bob", head=3)
    house.hub.seat_user("bob", "new")

    house.statuses.mark_as_read(bob, "new", 2)
    before = house.claims
    async with asyncio.timeout(WITHIN_S):
        while house.hub.head_of("new") is None:
            await asyncio.sleep(0)
    house.heads(3, room="new")

    assert (before, house.claims) == ([], [("bob", 2, 2)])


async def test_who_turns_out_to_be_no_member_has_claimed_nothing(house, bob):
    house.database.add_room("new", "alice", head=3)
    await house.open("alice")  # so that the room and its head are known here
    house.hub.seat_user("bob", "new")
    house.statuses.mark_as_read(bob, "new", 2)
    async with asyncio.timeout(WITHIN_S):
        while "new" in bob.seats:
            await asyncio.sleep(0)

    house.heads(3, room="new")

    assert (house.claims, house.statuses.waiting_rooms()) == ([], set())


# -- repetitions ---------------------------------------------------------------------------------


async def test_a_session_that_repeats_itself_is_passed_over_for_a_while(house, bob):
    house.statuses.mark_as_read(bob, ROOM, 5)
    house.statuses.mark_as_read(bob, ROOM, 5)
    house.statuses.mark_as_delivered(bob, ROOM, 4)
    at_once = house.claims
    house.clock.advance(REPEAT_AFTER_S)
    house.statuses.mark_as_read(bob, ROOM, 5)

    assert (at_once, house.claims) == ([("bob", 5, 5)], [("bob", 5, 5)] * 2)


async def test_what_is_news_is_never_passed_over(house, bob):
    house.statuses.mark_as_delivered(bob, ROOM, 5)
    house.statuses.mark_as_read(bob, ROOM, 4)
    house.statuses.mark_as_read(bob, ROOM, 5)
    house.statuses.mark_as_delivered(bob, ROOM, 6)

    assert house.claims == [("bob", 5, 0), ("bob", 4, 4), ("bob", 5, 5), ("bob", 6, 0)]


async def test_what_was_claimed_privately_may_be_claimed_again_for_all(house, bob):
    bob.is_private = True
    house.statuses.mark_as_read(bob, ROOM, 5)
    bob.is_private = False
    house.statuses.mark_as_read(bob, ROOM, 5)
    house.statuses.mark_as_read(bob, ROOM, 5)

    assert [each.is_private for each in house.reporter.reported] == [True, False]


# -- the other way -------------------------------------------------------------------------------


async def test_advances_are_pushed_and_confirm_what_was_claimed(house):
    advances = [Advance(ROOM, "bob", 5, 5, 5, 0)]

    house.statuses.broadcast_status_update(WatermarksAdvanced(advances=advances))

    assert (house.pusher.heard, house.reporter.confirmed) == ([advances], [advances])


@pytest.mark.parametrize("status", Status)
async def test_every_status_has_an_icon(house, status):
    assert house.statuses.get_status_icon(status) == LOOKS[status]
