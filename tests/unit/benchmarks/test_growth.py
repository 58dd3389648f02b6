"""Growth: what its steps are, and how the last is compared with the first."""

from collections import Counter

import pytest

from benchmarks.bench.growing import growth_row
from benchmarks.growth.__main__ import read
from benchmarks.growth.everywhere import Everywhere, RoomLine, deal
from benchmarks.growth.steps import STEPS, Grown, Step, resting, table
from benchmarks.load.dialects import Heard
from benchmarks.load.outcome import Outcome
from benchmarks.load.tally import Tally
from tests.unit.benchmarks.fake_line import fake_line, message


def grown(*, cpu_s, rest_s=0.0):
    """Return what came of ten seconds with a hundred messages, after as long a rest."""

    def outcome(used_s, acked):
        return Outcome(
            tally=Tally(after=Counter(acked=acked)),
            window_s=10.0,
            cpu_s={"chat": used_s},
            load_cpu_s=0.0,
            at_rest_kib={},
            ready_kib={},
        )

    return Grown(rooms=4, messages=40, outcome=outcome(cpu_s, 100), rest=outcome(rest_s, 0))


@pytest.mark.parametrize(
    ("rooms", "messages", "head"), [(100, 10_000, 100), (10_000, 10_000, 1), (3, 10, 4)]
)
def test_messages_are_spread_evenly_over_the_rooms(rooms, messages, head):
    assert Step(rooms=rooms, messages=messages).head == head


def test_each_step_has_no_less_than_the_one_before():
    assert sorted(STEPS, key=lambda step: (step.rooms, step.messages)) == list(STEPS)


def test_steps_are_named_by_rooms_and_messages():
    given = read(["--steps", "2x4", "20x400", "--rate", "7.5"])

    assert given.steps == [Step(rooms=2, messages=4), Step(rooms=20, messages=400)]
    assert given.rate == 7.5


@pytest.mark.parametrize("text", ["0x5", "5", "5x0", "axb"])
def test_what_is_no_step_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        read(["--steps", text])

    assert f"not ROOMSxMESSAGES: {text}" in capsys.readouterr().err


def test_who_rests_is_there_and_writes_nothing():
    rest = resting(Everywhere(rate=400.0, connections=6))

    assert (rest.rate, rest.reads, rest.connections) == (0.0, 0, 6)


def test_what_the_suite_needs_at_rest_is_told_apart():
    first, last = grown(cpu_s=1.0, rest_s=0.5), grown(cpu_s=1.5, rest_s=1.0)

    assert first.cpu_ms["all"] == 10.0
    assert first.more_ms == pytest.approx(last.more_ms) == pytest.approx(5.0)
    assert last.rest_ms == {"chat": 100.0, "all": 100.0}


def test_the_table_has_a_column_for_each_step_and_the_ratio():
    shown = table([grown(cpu_s=1.0), grown(cpu_s=4.0), grown(cpu_s=3.0)])

    assert "chat               10.000  40.000  30.000          3.00" in shown


@pytest.mark.parametrize(("cpu_s", "is_met"), [(1.2, True), (1.3, False)])
def test_the_goal_is_a_share_of_the_first_step(cpu_s, is_met):
    first, last = grown(cpu_s=1.0), grown(cpu_s=cpu_s)

    goal, _ = growth_row(Everywhere(), first, last).goals

    assert goal.is_met(goal.of(last.outcome)) is is_met


async def test_each_room_of_a_line_hears_its_own_frames_and_one_what_is_of_no_room():
    line = fake_line()
    line.welcome = None
    parts = {room: RoomLine(line, room) for room in ("first", "second")}
    heard: dict[str, list[Heard]] = {room: [] for room in parts}
    for room, part in parts.items():
        part.on_heard = heard[room].append
    deal(line, parts)

    frames = [message(1, room="second"), message(1, room="first"), Heard(type="error")]
    for frame in frames:
        line.on_heard(frame)
    parts["second"].send(parts["second"].dialect.frame("ping"))

    assert heard == {"first": frames[1:], "second": frames[:1]}
    assert parts["second"].person.room == "second"
    assert line.of("ping")
