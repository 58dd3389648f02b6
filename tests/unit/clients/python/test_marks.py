"""How far the others are, whatever order a network and two servers tell it in."""

import itertools
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.core import Core
from clients.python.parley.frames import Room, Status, Watermark, Welcome
from clients.python.parley.marks import Marks, Moved, Progress
from services.chat.domain import status
from tests.unit.clients.python import fakes

HEAD = 12
PEOPLE = ("me", "bob", "eve", "ann", "joe")


def mark(user: str, delivered: int, read: int) -> Watermark:
    return Watermark(user=user, delivered_seq=delivered, read_seq=read)


def welcome(*rooms: Any) -> Welcome:
    frame = {"type": "welcome", "protocol": 1, "session": "s", "user": {"id": "me"}}
    return msgspec.convert({**frame, "rooms": rooms}, Welcome)


def frame(*lowest: Watermark, members: tuple[Watermark, ...] | None = None) -> Status:
    return Status(room="r", lowest=lowest, members=members)


@pytest.fixture
def core() -> Core:
    """A core that is online, with room r up to 9."""
    core = Core(random=lambda: 0.0)
    core.receive(welcome(fakes.room("r", last_seq=9, delivered_seq=9)), 0)
    core.take_output()
    return core


@pytest.mark.parametrize(
    ("lowest", "expected"),
    [
        ((), Progress.SENT),
        ((mark("me", 9, 9),), Progress.SENT),
        ((mark("me", 2, 2), mark("bob", 5, 5)), Progress.READ),
        ((mark("bob", 5, 4), mark("eve", 7, 5)), Progress.DELIVERED),
        ((mark("bob", 4, 4), mark("eve", 7, 7)), Progress.SENT),
    ],
)
def test_a_message_is_as_far_as_the_last_of_everybody_else(lowest, expected):
    marks = Marks()

    marks.fold("r", lowest=lowest, me="me")

    assert marks.progress("r", 5) is expected
    assert marks.progress("elsewhere", 5) is Progress.SENT


def test_what_is_read_in_a_status_is_told_once(core):
    read = frame(mark("bob", 9, 7), members=(mark("bob", 9, 7),))
    core.receive(read, 0)
    core.receive(read, 0)
    core.receive(frame(mark("bob", 8, 3)), 0)

    assert core.take_output().moved == [Moved("r", own=False, others=True)]
    assert [core.marks.progress("r", seq).value for seq in (7, 8)] == ["read", "delivered"]


def test_what_another_device_read_moves_the_own_marks_and_needs_no_report(core):
    core.read("r", 6)
    core.receive(frame(members=(mark("me", 9, 7),)), 0)
    core.tick(1)
    output = core.take_output()

    assert core.rooms.known["r"].read_seq == 7
    assert output.moved == [Moved("r", own=True, others=False)]
    assert output.commands == []


def test_what_this_device_reports_moves_the_own_marks_too(core):
    core.read("r", 6)
    core.tick(1)

    assert core.take_output().moved == [Moved("r", own=True, others=False)]
    assert core.rooms.known["r"].read_seq == 6


def test_a_status_of_a_room_that_is_not_known_is_dropped(core):
    core.receive(Status(room="gone", lowest=[mark("bob", 9, 9)]), 0)

    assert core.take_output().moved == []
    assert core.marks.progress("gone", 1) is Progress.SENT


def test_a_room_that_one_comes_back_to_begins_anew(core):
    core.receive(frame(mark("bob", 9, 9)), 0)
    core.receive(msgspec.convert(fakes.room("r", removed=True), Room), 0)
    core.receive(msgspec.convert(fakes.room("r", lowest=[mark("bob", 3, 3)]), Room), 0)

    assert [core.marks.progress("r", seq).value for seq in (3, 4)] == ["read", "sent"]


def lowest_of(marks: dict[str, tuple[int, int]]) -> list[Watermark]:
    by_delivered = sorted(marks, key=lambda user: (marks[user][0], user))[:2]
    by_read = sorted(marks, key=lambda user: (marks[user][1], user))[:2]
    return [mark(user, *marks[user]) for user in dict.fromkeys([*by_delivered, *by_read])]


@dataclass(frozen=True)
class Told:
    """What a server knew at one moment; it may be told late, more than once, and by ``welcome``."""

    lowest: list[Watermark]
    advanced: tuple[Watermark, ...]
    own: tuple[int, int]

    def by_status(self, core: Core) -> None:
        core.receive(Status(room="r", lowest=self.lowest, members=self.advanced), 0)

    def by_welcome(self, core: Core) -> None:
        own = {"delivered_seq": self.own[0], "read_seq": self.own[1]}
        core.disconnected(0)
        core.receive(welcome({**fakes.room("r", last_seq=HEAD), **own, "lowest": self.lowest}), 0)


def everything_known(core: Core) -> list[int]:
    """Return numbers none of which may ever fall."""
    room, single = core.rooms.known["r"], core.marks.members("r")
    progress = [list(Progress).index(core.marks.progress("r", seq)) for seq in range(HEAD + 1)]
    others = [single.get(user, mark(user, -1, -1)) for user in PEOPLE]
    marks = [number for one in others for number in (one.delivered_seq, one.read_seq)]
    return [room.delivered_seq, room.read_seq, *progress, *marks]


def what_is_told(
    history: list[tuple[str, int, bool]], true: dict[str, tuple[int, int]]
) -> list[Told]:
    """Play a history; return what is told after each step, and leave in ``true`` how it ends."""
    told = [Told(lowest_of(true), (), true["me"])]
    for user, seq, is_read in history:
        if user in true:
            delivered, read = true[user]
            true[user] = (max(delivered, seq), max(read, seq) if is_read else read)
            told.append(Told(lowest_of(true), (mark(user, *true[user]),), true["me"]))
    return told


advances = st.tuples(st.sampled_from(PEOPLE), st.integers(0, HEAD), st.booleans())


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(advances, max_size=15), st.integers(2, len(PEOPLE)))
def test_no_mark_goes_back_and_the_last_word_counts_in_whatever_order_it_comes(
    data, history, members
):
    true = dict.fromkeys(PEOPLE[:members], (0, 0))
    told = what_is_told(history, true)
    order = data.draw(st.permutations(told))
    repeated = data.draw(st.lists(st.sampled_from(told), max_size=5))
    core = Core(random=lambda: 0.0)
    core.receive(welcome(fakes.room("r", last_seq=HEAD)), 0)

    known = [everything_known(core)]
    for one in [*order, *repeated]:
        if data.draw(st.booleans()):
            one.by_welcome(core)
            known.append(everything_known(core))
        one.by_status(core)
        known.append(everything_known(core))

    for before, after in itertools.pairwise(known):
        assert all(early <= late for early, late in zip(before, after, strict=True))
    others = [marks for user, marks in true.items() if user != "me"]
    for seq in range(1, HEAD + 1):
        assert core.marks.progress("r", seq) == status.status_of(seq, others).value
    assert core.rooms.known["r"].read_seq == true["me"][1]
    assert "me" not in core.marks.members("r")


def test_who_may_have_left_with_a_change_of_the_room_is_not_remembered(core):
    core.receive(frame(mark("bob", 3, 3), mark("eve", 4, 4)), 1)
    changed = fakes.room(
        "r", version=2, lowest=[{"user": "eve", "delivered_seq": 4, "read_seq": 4}]
    )

    core.learn([msgspec.convert({"type": "room", **changed}, Room)], 2)

    assert core.marks.members("r") == {"eve": mark("eve", 4, 4)}
    assert core.marks.progress("r", 4) is Progress.READ
