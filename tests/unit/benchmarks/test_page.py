"""The page: what its trace is read as, and what is told of many figures."""

import json
import math

from benchmarks.page.__main__ import read
from benchmarks.page.tables import percentile, spread
from benchmarks.page.trace import frames_of

PAGE, OTHER = (1, 1), (2, 7)


def event(name, at_ms, took_ms=None, thread=PAGE):
    pid, tid = thread
    span = {} if took_ms is None else {"dur": took_ms * 1000}
    return {"name": name, "pid": pid, "tid": tid, "ts": at_ms * 1000, **span}


def frames(*events):
    return frames_of(json.dumps({"traceEvents": events}).encode())


def test_what_runs_between_two_frames_is_the_cost_of_the_first():
    read = frames(
        event("BeginMainThreadFrame", 0),
        event("FireAnimationFrame", 1, 3),
        event("Layout", 5, 2),
        event("BeginMainThreadFrame", 16),
        event("TimerFire", 20, 4),
    )

    assert (read.script, read.rendering) == ([3.0, 4.0], [2.0, 0.0])


def test_what_runs_inside_another_is_counted_once():
    read = frames(
        event("BeginMainThreadFrame", 0),
        event("EventDispatch", 1, 10),
        event("FunctionCall", 2, 3),
        event("RunMicrotasks", 8, 3),
    )

    assert read.script == [10.0]


def test_other_threads_and_what_came_before_the_first_frame_are_left_out():
    read = frames(
        event("FunctionCall", 0, 5),
        event("BeginMainThreadFrame", 10),
        event("BeginMainThreadFrame", 26),
        event("BeginMainThreadFrame", 10, thread=OTHER),
        event("FunctionCall", 11, 9, thread=OTHER),
    )

    assert read.script == [0.0, 0.0]


def test_long_tasks_are_those_that_are_felt():
    read = frames(
        event("BeginMainThreadFrame", 0), event("RunTask", 1, 50), event("RunTask", 60, 51)
    )

    assert read.long_tasks == [51.0]


def test_a_trace_without_frames_tells_nothing():
    assert frames(event("FunctionCall", 0, 5)).script == []


def test_a_percentile_is_one_of_the_values():
    values = [float(value) for value in range(100, 0, -1)]

    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert math.isnan(percentile([], 0.5))
    assert spread([2.0]) == ["1", "2.0", "2.0", "2.0", "2.0"]


def test_without_options_a_suite_of_its_own_is_measured():
    given = read([])

    assert (given.url, given.messages, given.rows) == (None, 400, 10_000)
