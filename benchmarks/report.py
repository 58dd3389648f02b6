"""What a run showed, as plain values for programs and as a table for people. Units are in the names."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import msgspec

from benchmarks.load.outcome import Outcome, Sample
from benchmarks.load.stage import Scenario

MIB = 1024


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run: what was asked for, and what came of it."""

    name: str
    target: str
    scenario: Scenario
    outcome: Outcome

    @property
    def options(self) -> dict[str, Any]:
        """The scenario's options."""
        return {each.name: getattr(self.scenario, each.name) for each in fields(self.scenario)}

    def values(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        outcome = self.outcome
        return {
            "scenario": self.name,
            "target": self.target,
            "options": self.options,
            "figures": dict(self.scenario.figures(outcome)),
            "latency_ms": outcome.stages(),
            "counts": dict(outcome.tally.counts),
            "troubles": outcome.troubles,
            "window_s": round(outcome.window_s, 3),
            "cpu_s": dict(outcome.cpu_s),
            "load_cpu_s": round(outcome.load_cpu_s, 2),
            "at_rest_kib": dict(outcome.at_rest_kib),
            "ready_kib": dict(outcome.ready_kib),
            "grown_kib_at_most": dict(outcome.grown_kib),
            "samples": [_sampled(each) for each in outcome.samples],
        }

    def json(self) -> str:
        """Return all of it as JSON; what is no number is null."""
        return msgspec.json.format(msgspec.json.encode(self.values()), indent=2).decode()

    def table(self) -> str:
        """Return what matters, aligned."""
        outcome = self.outcome
        options = "  ".join(f"{name}={value}" for name, value in self.options.items())
        parts = [
            f"{self.name}, {self.target}\n  {options}",
            titled("figures", _figure_rows(self.scenario.figures(outcome))),
            titled("latency, ms", _latency_rows(outcome.stages())),
            titled("servers", _server_rows(outcome)),
            titled("the load itself", [["cpu_s", f"{outcome.load_cpu_s:.1f}"]]),
            titled("troubles", [[name, str(count)] for name, count in outcome.troubles.items()]),
        ]
        return "\n\n".join(part for part in parts if part)


def rates(samples: Sequence[Sample], name: str) -> list[float]:
    """Return how often something happened in a second, from each sample to the next."""
    return [
        (now.counts.get(name, 0) - before.counts.get(name, 0)) / (now.at_s - before.at_s)
        for before, now in pairwise(samples)
    ]


def busy_percent(samples: Sequence[Sample], server: str) -> list[float]:
    """Return how busy a process was, in per cent of a core, from each sample to the next."""
    return [
        100 * (now.cpu_s[server] - before.cpu_s[server]) / (now.at_s - before.at_s)
        for before, now in pairwise(samples)
    ]


def _sampled(sample: Sample) -> dict[str, Any]:
    return {
        "at_s": round(sample.at_s, 3),
        "counts": dict(sample.counts),
        "cpu_s": dict(sample.cpu_s),
        "resident_kib": dict(sample.resident_kib),
        "gauges": dict(sample.gauges),
    }


def _figure_rows(figures: Mapping[str, object]) -> list[list[str]]:
    rows = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            rows += [[name, *_part(*each)] for each in value.items()]
        else:
            rows.append([name, "", _number(value)])
    # A name is told once, above its parts.
    told = [row[0] for row in rows]
    return [
        ["" if at and told[at - 1] == row[0] else row[0], *row[1:]] for at, row in enumerate(rows)
    ]


def _part(name: object, value: object) -> list[str]:
    return [str(name), _number(value)]


def _latency_rows(stages: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    if not stages:
        return []
    names = list(next(iter(stages.values())))
    rows = [[stage, *(_number(each[name]) for name in names)] for stage, each in stages.items()]
    return [["", *names], *rows]


def _server_rows(outcome: Outcome) -> list[list[str]]:
    if not outcome.cpu_s:
        return []
    rows = [
        [
            name,
            f"{100 * used / outcome.window_s:.1f}",
            f"{outcome.at_rest_kib.get(name, 0) / MIB:.1f}",
            f"{outcome.ready_kib.get(name, 0) / MIB:.1f}",
            f"{outcome.grown_kib.get(name, 0) / MIB:.1f}",
        ]
        for name, used in outcome.cpu_s.items()
    ]
    return [["", "cpu, % of a core", "MiB at rest", "MiB connected", "MiB more at most"], *rows]


def _number(value: object) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:g}" if abs(value) < MIB else f"{value:.0f}"
    return str(value)


def titled(title: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table under its title; nothing where there are no rows."""
    found = list(rows)
    if not found:
        return ""
    width = max(map(len, found))
    filled = [[*row, *[""] * (width - len(row))] for row in found]
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(size) if place == 0 else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in filled
    ]
    return "\n".join([title, *(f"  {line}" for line in lines)])
