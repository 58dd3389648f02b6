import asyncio
import contextlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.errors import RateLimited, Unauthenticated, Unavailable
from libs.common.events import MessageCreated, MessageFrame, UserRevoked
from services.chat.api.polls import POLLS_OF_ONE, READING, Polls
from services.chat.api.sync import wait_for_news
from services.chat.domain.pressure import Strain
from services.chat.frames.server import MemberMark, RoomUpdate, Status, encode
from services.chat.hub import Hub
from services.chat.hub.live_status import LiveStatus
from services.chat.selectors.catching_up import Known, Missed
from tests.unit.chat.doors import open_door, pressed_by
from tests.unit.chat.hub.fake_database import FakeDatabase, message

ROOM, UNNAMED = "room", "unnamed"
LONG_S = 25.0
"""Longer than any test may take: what waits for so long fails."""
WITHIN_S = 5.0
NOTHING = Missed(messages=[], rooms=[], changed=[])
LEFT = RoomUpdate(
    id="",
    kind="group",
    name="",
    version=2,
    member_count=0,
    last_seq=10,
    delivered_seq=10,
    read_seq=10,
    lowest=[],
    removed=True,
)


class Database(FakeDatabase):
    """Tells what is above the cursors; whose sign-in is unknown gets nothing."""

    def __init__(self):
        super().__init__()
        self.signed_in = True
        self.asked: list[Any] = []

    def bare_rooms_of(self, *, user_id):
        return self.rooms_of(user_id=user_id)

    def _first_missed(self, caller, known, heard, now):
        if not self.signed_in:
            raise Unauthenticated
        return self._missed(caller, known, heard, now)

    def _missed(self, caller, known, heard, now):
        self.asked.append(heard)
        found = [
            message(room, seq)
            for room, cursor in known.cursors.items()
            for seq in range(cursor + 1, self.heads[room] + 1)
        ]
        return msgspec.structs.replace(NOTHING, messages=found)


class House:
    """A hub, its polls and its database, and somebody who asks."""

    def __init__(self):
        self.database = Database()
        self.database.add_room(ROOM, "alice", "bob", head=10)
        self.database.add_room(UNNAMED, "alice", head=3)
        self.heard: Sequence[LiveStatus] = []
        self.hub = Hub(database=cast(Any, self.database))
        self.polls = Polls(hub=self.hub)
        self.parts: Any = SimpleNamespace(
            database=self.database,
            polls=self.polls,
            admission=open_door(self.hub.sessions_of),
            clock=ManualClock(),
        )

    def poll(self, *, user="alice", cursor=10, wait_s=LONG_S):
        caller: Any = SimpleNamespace(id=user, sid=f"sid of {user}")
        known = Known(cursors={ROOM: cursor}, versions={})
        return asyncio.create_task(self._poll(caller, known, wait_s))

    async def _poll(self, caller, known, wait_s):
        found, self.heard = await wait_for_news(self.parts, caller, known, wait_s=wait_s)
        return found

    def tell(self, *members, room=ROOM):
        """Hand a status to whoever sits in a room."""
        status = Status(
            room=room,
            lowest=[],
            members=[
                MemberMark(user=user, delivered_seq=seq, read_seq=seq, at="")
                for user, seq in members
            ],
        )
        for session in self.hub.all_sessions():
            session.listener.status(LiveStatus(status))

    def write(self, room=ROOM):
        self.database.heads[room] += 1
        seq = self.database.heads[room]
        frame = msgspec.Raw(encode(message(room, seq)).encode())
        self.hub.on_messages(
            MessageCreated(
                room=room,
                first_seq=seq,
                last_seq=seq,
                room_version=1,
                frames=[MessageFrame(seq=seq, sender="author", session=None, frame=frame)],
            )
        )

    async def until_waiting(self, count=1, *, readings=1):
        async with asyncio.timeout(WITHIN_S):
            while len(self.hub.all_sessions()) != count or len(self.database.asked) < readings:
                await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
def house():
    return House()


def marks_of(live):
    return {mark.user: mark.read_seq for mark in live.status.members}


def seqs(found):
    return [message.seq for message in found.messages]


async def test_it_listens_before_it_reads_and_answers_at_once_what_is_missing(house):
    found = await house.poll(cursor=8)

    assert seqs(found) == [9, 10]
    assert house.database.calls == ["bare_rooms_of", "heads_of", "_first_missed"]
    assert house.hub.all_sessions() == []


@pytest.mark.parametrize("call", ["bare_rooms_of", "heads_of", "_first_missed"])
async def test_what_is_written_while_it_opens_or_reads_is_brought(house, call):
    house.database.meanwhile[call] = house.write

    found = await house.poll()

    assert seqs(found) == [11]


async def test_what_is_written_while_it_waits_is_brought_by_another_reading(house):
    poll = house.poll()
    await house.until_waiting()

    house.write()
    found = await poll

    assert seqs(found) == [11]
    assert house.database.calls[-2:] == ["_first_missed", "_missed"]
    assert house.database.asked[-1].heads == {ROOM: 10, UNNAMED: 3}


async def test_a_message_in_a_room_that_was_not_named_is_told_to_the_reading(house):
    poll = house.poll(wait_s=0.2)
    await house.until_waiting()

    house.write(UNNAMED)
    await poll

    assert [heard.changed for heard in house.database.asked] == [set(), {UNNAMED}]


async def test_statuses_end_the_wait_and_those_of_one_room_become_one(house):
    def told():
        house.tell(("bob", 8))
        house.tell(("bob", 9), ("cat", 6))
        house.tell(("ann", 3), room=UNNAMED)

    house.database.meanwhile["_first_missed"] = told
    found = await house.poll()

    assert found == NOTHING
    assert [(live.room, marks_of(live)) for live in house.heard] == [
        (ROOM, {"bob": 9, "cat": 6}),
        (UNNAMED, {"ann": 3}),
    ]


async def test_statuses_of_a_room_that_one_was_removed_from_are_forgotten(house):
    poll = house.poll(wait_s=0.2)
    await house.until_waiting()
    [session] = house.hub.all_sessions()

    house.tell(("bob", 8))
    session.listener.room(msgspec.structs.replace(LEFT, id=ROOM))
    await poll

    assert house.heard == []


async def test_when_the_time_is_over_the_answer_is_empty_and_the_session_gone(house):
    found = await house.poll(wait_s=0.01)

    assert (found, house.hub.all_sessions(), len(house.database.asked)) == (NOTHING, [], 1)


async def test_a_session_of_a_poll_is_told_by_its_kind(house):
    poll = house.poll()
    await house.until_waiting()

    [session] = house.hub.all_sessions()
    house.write()
    await poll

    assert (session.kind, session.user, session.sid) == ("poll", "alice", "sid of alice")


async def test_a_sign_out_ends_it(house):
    poll = house.poll()
    await house.until_waiting()

    house.hub.on_revoked(UserRevoked(user="alice", sids=("sid of alice",)))

    with pytest.raises(Unauthenticated):
        await poll
    assert house.hub.all_sessions() == []


async def test_a_sign_out_before_it_could_be_heard_of_is_found_by_the_reading(house):
    house.database.signed_in = False

    with pytest.raises(Unauthenticated):
        await house.poll()

    assert house.hub.all_sessions() == []


async def test_a_process_that_stops_answers_those_who_wait_and_those_who_still_come(house):
    polls = [house.poll(), house.poll(user="bob")]
    await house.until_waiting(2, readings=2)

    house.polls.begin_to_stop()

    assert [await poll for poll in polls] == [NOTHING, NOTHING]
    assert len(house.database.asked) == 2
    assert await house.poll() == NOTHING


async def test_whose_polls_are_too_many_is_refused_and_nobody_else(house):
    polls = [house.poll() for _ in range(POLLS_OF_ONE)]
    await house.until_waiting(POLLS_OF_ONE, readings=POLLS_OF_ONE)

    with pytest.raises(RateLimited):
        await house.poll()
    other = house.poll(user="bob")
    polls.pop().cancel()
    await house.until_waiting(POLLS_OF_ONE, readings=POLLS_OF_ONE + 1)
    polls.append(house.poll())
    await house.until_waiting(POLLS_OF_ONE + 1, readings=POLLS_OF_ONE + 2)
    house.write()

    assert [seqs(await poll) for poll in [*polls, other]] == [[11]] * (POLLS_OF_ONE + 1)


async def test_an_overloaded_process_lets_nobody_wait(house):
    pressure = pressed_by(Strain(loop_s=1))
    house.parts.admission = open_door(house.hub.sessions_of, pressure=pressure)

    with pytest.raises(Unavailable) as refused:
        await house.poll()

    assert refused.value.retry_after_s is not None
    assert house.hub.all_sessions() == []


async def test_who_has_too_many_sessions_may_not_wait_as_well(house):
    house.parts.admission = open_door(house.hub.sessions_of, most_of_one=1)
    poll = house.poll()
    await house.until_waiting()

    with pytest.raises(RateLimited):
        await house.poll()

    house.write()
    await poll


async def test_a_process_with_too_many_polls_refuses_more(house):
    house.parts.polls = Polls(hub=house.hub, at_most=1)
    poll = house.poll()
    await house.until_waiting()

    with pytest.raises(Unavailable):
        await house.poll(user="bob")

    house.write()
    await poll


async def test_only_some_read_at_a_time_and_who_waits_too_long_is_told_so(house):
    house.parts.polls = polls = Polls(hub=house.hub, read_within_s=0.01)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(READING):
            await stack.enter_async_context(polls.reading())
        with pytest.raises(Unavailable):
            await house.poll(cursor=8)
    found = await house.poll(cursor=8)

    assert (seqs(found), house.hub.all_sessions()) == ([9, 10], [])


@pytest.mark.parametrize("after", [None, "bare_rooms_of", "heads_of"])
async def test_where_the_database_is_down_nothing_is_left_of_a_poll(house, after):
    if after is None:
        house.database.down = True
    else:
        house.database.meanwhile[after] = lambda: setattr(house.database, "down", True)

    for _ in range(POLLS_OF_ONE + 1):
        with pytest.raises(Unavailable):
            await house.poll()

    assert house.hub.all_sessions() == []
