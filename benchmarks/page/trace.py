"""What Chromium's own trace says of a page: what its frames cost, and where it was busy for long.

A frame begins with one `BeginMainThreadFrame` and ends with the next: what runs in between, a key's
handler too, is what the frame waits for. Times of a trace are in microseconds.
Source: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event
Format).
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = (
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
)
FRAME = "BeginMainThreadFrame"
TASK = "RunTask"
SCRIPT = frozenset(
    {
        *("EvaluateScript", "EventDispatch", "FireAnimationFrame", "FunctionCall"),
        *("RunMicrotasks", "TimerFire", "V8.GCScavenger", "MinorGC", "MajorGC"),
    }
)
RENDERING = frozenset({"Layerize", "Layout", "Paint", "PrePaint", "UpdateLayoutTree"})
LONG_MS = 50.0
"""A task that is longer is felt. Source: W3C, Long Tasks API."""
US_PER_MS = 1000

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Frames:
    """What the frames of a page cost, in milliseconds each.

    Attributes:
        script: of ours, garbage collection included.
        rendering: style, layout and paint on the main thread.
        long_tasks: those above 50 ms.
    """

    script: Sequence[float]
    rendering: Sequence[float]
    long_tasks: Sequence[float]


def frames_of(trace: bytes) -> Frames:
    """Read a trace in which one page was busy."""
    events: list[Event] = json.loads(trace)["traceEvents"]
    busy = _busiest(events)
    begins = sorted(float(each["ts"]) for each in busy if each["name"] == FRAME)
    tasks = [each["dur"] / US_PER_MS for each in busy if each["name"] == TASK and "dur" in each]
    return Frames(
        script=_by_frame(busy, SCRIPT, begins),
        rendering=_by_frame(busy, RENDERING, begins),
        long_tasks=[took_ms for took_ms in tasks if took_ms > LONG_MS],
    )


def _busiest(events: Sequence[Event]) -> list[Event]:
    """Return the events of the thread that drew most frames: the page's."""
    threads = Counter((each["pid"], each["tid"]) for each in events if each["name"] == FRAME)
    if not threads:
        return []
    ((thread, _),) = threads.most_common(1)
    return [each for each in events if (each["pid"], each["tid"]) == thread]


def _by_frame(
    events: Iterable[Event], names: frozenset[str], begins: Sequence[float]
) -> list[float]:
    """Return how long events of these names took, by the frame in which they began."""
    took = [0.0] * len(begins)
    for began, ended in _merged(
        (float(each["ts"]), float(each["ts"] + each["dur"]))
        for each in events
        if each["name"] in names and "dur" in each
    ):
        place = bisect_right(begins, began) - 1
        if place >= 0:
            took[place] += (ended - began) / US_PER_MS
    return took


def _merged(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield spans of time, those that overlap or contain each other as one."""
    now: tuple[float, float] | None = None
    for began, ended in sorted(spans):
        if now is None or began > now[1]:
            if now is not None:
                yield now
            now = (began, ended)
        else:
            now = (now[0], max(now[1], ended))
    if now is not None:
        yield now
