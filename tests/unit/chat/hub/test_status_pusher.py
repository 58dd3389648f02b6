"""When sessions are told, and what happens meanwhile; in a time that does not have to pass."""

import asyncio
import functools
from collections import defaultdict
from typing import Any, cast

import msgspec

from libs.common.clock import ManualClock
from libs.common.events import Advance
from services.chat.domain.pressure import INTERVALS, Level, Pressure, Strain
from services.chat.hub import Hub, Outbound, Session
from services.chat.hub.status_pusher import LARGE_EVERY_S, SMALL_EVERY_S, StatusPusher
from services.chat.selectors.marks import MarksRead, MemberMarks
from services.chat.selectors.rooms import Head
from tests.company import SittingDown
from tests.properties.quick_time import QuickLoop
from tests.unit.chat.hub.fake_database import FakeDatabase, span
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.unit.chat.hub.test_seating import news_of

ROOM, OTHER = "room", "another room"
MOMENT_S = 0.001
LONG_S = 10.0
CROWD = [f"user {number}" for number in range(40)]


class Rows(FakeDatabase):
    """Members' rows in which nobody has received anything; counts what is read."""

    def __init__(self):
        super().__init__()
        self.read: list[list[str]] = []

    def marks_of(self, rooms):
        self.read.append(sorted(rooms))
        return [
            MarksRead(
                room=room,
                is_direct=False,
                version=self.versions[room],
                marks_version=0,
                members=[
                    MemberMarks(user=its.user, delivered_seq=0, read_seq=0, shown_read_seq=0)
                    for its in self.spans[room].values()
                    if its.left_seq is None
                ],
            )
            for room in rooms
        ]


class Scene:
    """A hub and its pusher; sockets that remember when they were told what."""

    def __init__(self):
        self.pressure = Pressure()
        self.database = Rows()
        self.database.add_room(ROOM, "ann", "bob")
        self.database.add_room(OTHER, "ann", "bob")
        self.hub = Hub(database=cast(Any, self.database))
        self.pusher = StatusPusher(
            room_of=self.hub.local_room,
            database=cast(Any, self.database),
            clock=ManualClock(),
            pressure=self.pressure,
        )
        self.hub.company = SittingDown(self.pusher)
        self.wires = defaultdict(FakeWire)

    def session(self, user, kind="chat"):
        return Session(f"of {user}", user, "sid", Outbound(self.wires[user]), kind)

    async def open(self, *users):
        for user in users:
            session = self.session(user)
            await self.hub.open(session)
            self.hub.go_live(session)

    def hear(self, *seqs, room=ROOM, user="bob", session=None):
        for seq in seqs:
            self.pusher.hear([Advance(room, user, seq, seq, seq, 1, session)])

    def told(self, user="ann", room=ROOM):
        """Return the statuses of a room that somebody got, each by member."""
        frames = [msgspec.json.decode(text) for text in self.wires[user].written]
        return [
            {mark["user"]: mark["read_seq"] for mark in frame.get("members", ())}
            for frame in frames
            if frame["type"] == "status" and frame["room"] == room
        ]


def in_quick_time(test):
    """Run a test with a scene whose pusher is at work."""

    @functools.wraps(test)
    def play():
        async def perform():
            scene = Scene()
            pushing = asyncio.create_task(scene.pusher.run())
            await test(scene)
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)

        with asyncio.Runner(loop_factory=QuickLoop) as runner:
            runner.run(perform())

    del play.__wrapped__  # pytest would ask for the scene
    return play


@in_quick_time
async def test_the_first_is_told_at_once_and_what_follows_together(scene):
    await scene.open("ann", "bob")

    scene.hear(1)
    await asyncio.sleep(MOMENT_S)
    scene.hear(2, 3, 4)
    await asyncio.sleep(SMALL_EVERY_S - 3 * MOMENT_S)
    early = scene.told()
    await asyncio.sleep(4 * MOMENT_S)

    assert (early, scene.told()) == ([{"bob": 1}], [{"bob": 1}, {"bob": 4}])


@in_quick_time
async def test_of_a_busy_room_one_status_comes_in_each_span_of_its_size(scene):
    scene.database.add_room("crowd", *CROWD)
    await scene.open("ann", *CROWD[:2])

    for seq in range(1, 301):
        scene.hear(seq)
        for user in CROWD:
            scene.hear(seq, room="crowd", user=user)
        await asyncio.sleep(0.01)
    await asyncio.sleep(LARGE_EVERY_S)

    assert 3 / SMALL_EVERY_S - 3 <= len(scene.told()) <= 3 / SMALL_EVERY_S + 1
    assert 3 / LARGE_EVERY_S <= len(scene.told(CROWD[0], "crowd")) <= 3 / LARGE_EVERY_S + 1
    assert scene.told()[-1] == {"bob": 300}
    assert scene.told(CROWD[0], "crowd")[-1] == {CROWD[0]: 300}


@in_quick_time
async def test_rooms_are_read_together_once_and_only_if_somebody_is_there(scene):
    scene.database.add_room("elsewhere", "bob")
    await scene.open("ann")

    for room in (ROOM, OTHER, "elsewhere"):
        scene.hear(1, room=room)
    await asyncio.sleep(LONG_S)
    scene.hear(2)
    await asyncio.sleep(LONG_S)

    assert scene.database.read == [[OTHER, ROOM]]
    assert (scene.told(), scene.told(room=OTHER)) == ([{"bob": 1}, {"bob": 2}], [{"bob": 1}])


@in_quick_time
async def test_without_the_database_the_newest_is_kept_and_told_later(scene):
    await scene.open("ann")
    scene.database.down = True

    for seq in range(1, 5):
        scene.hear(seq)
        await asyncio.sleep(1)
    meanwhile = scene.told()
    scene.database.down = False
    await asyncio.sleep(1)

    assert (meanwhile, scene.told()) == ([], [{"bob": 4}])


@in_quick_time
async def test_who_joined_is_told_and_who_was_removed_is_not(scene):
    await scene.open("ann", "bob", "cat")
    scene.hear(1)
    await asyncio.sleep(LONG_S)
    scene.database.spans[ROOM]["bob"] = span("bob", left_seq=0)
    scene.database.spans[ROOM]["cat"] = span("cat")
    scene.database.versions[ROOM] = 2

    scene.hub.on_room(news_of(scene, ROOM))
    await asyncio.sleep(LONG_S)
    scene.hear(7, user="ann")
    await asyncio.sleep(LONG_S)

    assert scene.told("cat")[-1] == {"ann": 7}
    assert scene.told("bob") == [{"bob": 1}]


@in_quick_time
async def test_what_is_told_before_welcome_comes_behind_it_in_one(scene):
    session = scene.session("ann")
    await scene.hub.open(session)

    scene.hear(1)
    await asyncio.sleep(1)
    scene.hear(2, user="ann")
    await asyncio.sleep(2 * LONG_S)  # longer than anything is remembered that was not held
    before = scene.told()
    scene.hub.go_live(session)
    await asyncio.sleep(LONG_S)

    assert (before, scene.told()) == ([], [{"bob": 1, "ann": 2}])


@in_quick_time
async def test_what_passed_before_a_session_sat_down_is_told_while_it_is_young(scene):
    scene.hear(1)
    await asyncio.sleep(1)
    await scene.open("ann")
    await asyncio.sleep(LONG_S)
    await scene.open("bob")
    await asyncio.sleep(LONG_S)

    assert (scene.told("ann"), scene.told("bob")) == ([{"bob": 1}], [])


@in_quick_time
async def test_what_passed_before_is_in_the_lowest_of_what_follows(scene):
    scene.hear(3)
    poll = scene.session("ann", "poll")
    await scene.hub.open(poll)
    scene.hub.go_live(poll)
    await asyncio.sleep(MOMENT_S)
    scene.hear(4, user="ann")
    await asyncio.sleep(1)

    frames = [msgspec.json.decode(text) for text in scene.wires["ann"].written]
    assert [mark["read_seq"] for mark in frames[-1]["lowest"]] == [4, 3]


@in_quick_time
async def test_a_session_that_opens_hastens_nothing_for_the_others(scene):
    await scene.open("ann")
    scene.hear(1)
    await asyncio.sleep(MOMENT_S)

    scene.hear(2)
    await scene.open("bob")
    await asyncio.sleep(10 * MOMENT_S)

    assert (scene.told("ann"), scene.told("bob")) == ([{"bob": 1}], [{"bob": 2}])


@in_quick_time
async def test_of_whom_is_heard_first_is_told_after_the_reading_that_knows_them(scene):
    await scene.open("ann")
    scene.hear(1)
    await asyncio.sleep(1)
    scene.database.spans[ROOM]["cat"] = span("cat")

    scene.database.meanwhile["marks_of"] = lambda: scene.hear(2)
    scene.hear(5, user="cat")
    await asyncio.sleep(1)

    assert scene.told() == [{"bob": 1}, {"cat": 5, "bob": 2}]


@in_quick_time
async def test_badges_and_new_long_polls_are_left_alone(scene):
    scene.hear(1)
    for user, kind in (("ann", "notifications"), ("bob", "poll")):
        session = scene.session(user, kind)
        await scene.hub.open(session)
        scene.hub.go_live(session)
    await asyncio.sleep(1)
    at_first = scene.told("bob")

    scene.hear(2)
    await asyncio.sleep(1)

    assert (at_first, scene.told("bob"), scene.told("ann")) == ([], [{"bob": 2}], [])


@in_quick_time
async def test_what_was_lost_is_told_once_the_versions_say_so(scene):
    await scene.open("ann")

    def compare(marks_version):
        heads = scene.database.heads_of([ROOM])
        head = Head(room=ROOM, last_seq=0, version=1, marks_version=marks_version)
        scene.pusher.compare([head, *heads[1:]], is_silent=False)

    compare(0)
    compare(1)
    await asyncio.sleep(1)
    at_first = scene.told()
    compare(1)
    await asyncio.sleep(1)

    assert (at_first, scene.told()) == ([], [{"ann": 0, "bob": 0}])


@in_quick_time
async def test_a_room_that_was_left_and_entered_while_it_is_read_is_told(scene):
    session = scene.session("ann")
    await scene.hub.open(session)
    scene.hub.go_live(session)
    scene.database.down = True
    scene.hear(1)
    await asyncio.sleep(1)

    scene.hub.leave(session)
    scene.database.down = False
    await scene.open("ann")
    await asyncio.sleep(1)
    scene.hear(2)
    await asyncio.sleep(1)

    assert scene.told() == [{"bob": 1}, {"bob": 2}]


@in_quick_time
async def test_a_crowd_is_told_completely_and_in_turns(scene):
    for number in range(450):
        session = Session(str(number), "ann", "sid", Outbound(scene.wires[number]))
        await scene.hub.open(session)
        scene.hub.go_live(session)

    scene.hear(1)
    await asyncio.sleep(1)

    assert [scene.told(number) for number in range(450)] == [[{"bob": 1}]] * 450


@in_quick_time
async def test_who_is_told_of_a_room_by_older_rows_is_told_of_its_marks_behind_it(scene):
    scene.database.add_room("trio", "ann", "bob", "cat")
    await scene.open("ann")
    scene.hear(5, room="trio")
    await asyncio.sleep(1)

    # Cat, who was furthest behind, leaves; the rows do not show yet what Bob has read.
    scene.database.spans["trio"]["cat"] = span("cat", left_seq=0)
    scene.database.versions["trio"] += 1
    scene.hub.on_room(news_of(scene, "trio"))
    await asyncio.sleep(1)

    *_, room, status = [msgspec.json.decode(text) for text in scene.wires["ann"].written]
    assert (room["type"], status["type"]) == ("room", "status")
    assert [mark["read_seq"] for mark in status["lowest"] if mark["user"] != "ann"] == [5]


@in_quick_time
async def test_who_opened_by_newer_rows_is_told_of_the_marks_once_the_room_here_has_changed(scene):
    scene.database.add_room("trio", "ann", "bob", "cat")
    await scene.open("bob")
    scene.hear(5, room="trio")
    await asyncio.sleep(1)

    # Cat, who was furthest behind, leaves; Ann's session reads of it before the room here hears.
    scene.database.spans["trio"]["cat"] = span("cat", left_seq=0)
    scene.database.versions["trio"] += 1
    await scene.open("ann")
    await asyncio.sleep(1)
    scene.hub.on_room(news_of(scene, "trio"))
    await asyncio.sleep(1)

    status = msgspec.json.decode(scene.wires["ann"].written[-1])
    assert [mark["read_seq"] for mark in status["lowest"] if mark["user"] != "ann"] == [5]


@in_quick_time
async def test_while_the_process_is_pressed_ticks_come_less_often_and_none_is_lost(scene):
    busy_s = INTERVALS[Level.BUSY].statuses_s
    scene.pressure.judge(Strain(loop_s=0.1), 0.0)
    await scene.open("ann", "bob")

    for seq in range(1, 301):
        scene.hear(seq)
        await asyncio.sleep(0.01)
    await asyncio.sleep(busy_s)

    assert 3 / busy_s - 1 <= len(scene.told()) <= 3 / busy_s + 2
    assert scene.told()[-1] == {"bob": 300}
