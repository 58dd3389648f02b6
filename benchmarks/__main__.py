"""``python -m benchmarks pairs|receipts|presence|replay|overload``: what it costs, and how fast it goes.

Messages and receipts are an open loop: each is due at its time, whether the one before it has
arrived or not, and its latency counts from then; slowness cannot hide by slowing the load down.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks import overload, pairs, presence, receipts, replay
from benchmarks.crowd import crowd
from benchmarks.report import table
from dev.harness import UNLIMITED, RunningSuite

KEPT = 0.9
"""Of the peak's goodput, what has to be left at twice the load that was borne."""
CROWDS = (4, 2, 1)
"""Parts of the largest crowd that are tried before it."""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="scenario", required=True)
    for name, purpose, connections, rate in (
        ("pairs", "people who write to each other, two by two", 40, 200),
        ("receipts", "people who received and read what their partner wrote", 200, 2000),
    ):
        load = commands.add_parser(name, help=purpose)
        load.add_argument("--url", help="a running suite; without it, one is started for the run")
        load.add_argument("--connections", type=int, default=connections)
        load.add_argument("--rate", type=float, default=rate, help="a second, all together")
        load.add_argument("--seconds", type=float, default=10)
        load.add_argument("--json", action="store_true", help="print the figures as JSON")
    load = commands.add_parser("presence", help="people who connect at once and know each other")
    load.add_argument("--connections", type=int, default=1000, help="of the largest crowd")
    load.add_argument("--contacts", type=int, default=50, help="whom each of them knows")
    load.add_argument("--json", action="store_true", help="print the figures as JSON")
    load = commands.add_parser("replay", help="people who come back to what they missed")
    load.add_argument("--messages", type=int, default=10_000, help="that each of them missed")
    load.add_argument("--rooms", type=int, default=50, help="in which these were written")
    load.add_argument(
        "--people", type=int, default=11, help="first one comes back, then the others"
    )
    load.add_argument("--json", action="store_true", help="print the figures as JSON")
    load = commands.add_parser("overload", help="more messages than can be borne")
    load.add_argument("--people", type=int, default=300, help="who write, two by two")
    load.add_argument("--first-rate", type=float, default=500, help="a second, all together")
    load.add_argument("--growth", type=float, default=1.4, help="of the rate, from step to step")
    load.add_argument("--seconds", type=float, default=6, help="that count, of each step")
    load.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(argv)


async def run(options: argparse.Namespace, url: str, processes: Sequence[tuple[str, int]]) -> int:
    """Load one suite and print the figures; return 1 where something was lost."""
    make = {"pairs": pairs.Load, "receipts": receipts.Load}[options.scenario]
    load = make(
        url=url,
        pairs=math.ceil(options.connections / 2),
        rate_per_s=options.rate,
        seconds=options.seconds,
    )
    sys.stderr.write(
        f"{options.scenario}: {options.rate:g} a second for {options.seconds:g} s,"
        f" {load.pairs} pairs of users, at {url}\n"
    )
    report = await load.run(processes)
    figures = report.figures()
    sys.stdout.write((json.dumps(figures, indent=2) if options.json else table(figures)) + "\n")
    return 1 if report.lost else 0


def run_presence(options: argparse.Namespace) -> int:
    """Let crowds of three sizes connect to a suite of their own, and print the figures of each."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        suite = RunningSuite.start(Path(folder) / "run", env={"LOG_LEVEL": "WARNING"})
        try:
            url = f"http://127.0.0.1:{suite.process('chat').port}"
            watched = [(each.service, each.pid) for each in suite.state.processes]
            for share in CROWDS:
                size = max(options.contacts + 1, options.connections // share)
                people = crowd(suite, people=size, group=options.contacts + 1)
                figures = uvloop.run(presence.run(url, people, watched)).figures()
                shown = json.dumps(figures, indent=2) if options.json else table(figures)
                sys.stdout.write(f"{shown}\n\n")
        finally:
            suite.stop()
    return 0


def run_replay(options: argparse.Namespace) -> int:
    """Let people come back to what they missed, and print what the first needed, and the others."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        suite = RunningSuite.start(Path(folder) / "run", env={**UNLIMITED, "LOG_LEVEL": "WARNING"})
        try:
            watched = [(each.service, each.pid) for each in suite.state.processes]
            load = replay.Load(
                url=suite.state.gateway_url,
                people=options.people,
                rooms=options.rooms,
                messages=options.messages,
            )
            reports = uvloop.run(load.run(watched))
        finally:
            suite.stop()
    for report in reports:
        figures = report.figures()
        shown = json.dumps(figures, indent=2) if options.json else table(figures)
        sys.stdout.write(f"{shown}\n\n")
    return 1 if any(report.lost for report in reports) else 0


def run_overload(options: argparse.Namespace) -> int:
    """Load a suite with more than it bears; return 1 where its goodput fell by a tenth."""
    env = {**UNLIMITED, "LOG_LEVEL": "WARNING"}
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        suite = RunningSuite.start(Path(folder) / "run", env=env)
        try:
            people = crowd(suite, people=options.people, group=2)
            load = overload.Load(
                url=f"http://127.0.0.1:{suite.process('chat').port}",
                people=people,
                seconds=options.seconds,
            )
            watched = [(each.service, each.pid) for each in suite.state.processes]
            running = load.run(watched, first_rate=options.first_rate, growth=options.growth)
            *rising, twice = uvloop.run(running)
        finally:
            suite.stop()
    for step in (*rising, twice):
        figures = step.figures()
        sys.stdout.write((json.dumps(figures) if options.json else table(figures)) + "\n\n")
    left = twice.goodput / max(step.goodput for step in rising)
    sys.stdout.write(f"goodput at twice what was borne: {left:.0%} of the peak\n")
    return 0 if left > KEPT else 1


def main() -> int:
    """Run the scenario that was asked for."""
    options = arguments(sys.argv[1:] or ["pairs"])
    if options.scenario == "presence":
        return run_presence(options)
    if options.scenario == "replay":
        return run_replay(options)
    if options.scenario == "overload":
        return run_overload(options)
    if options.url:
        return uvloop.run(run(options, options.url, ()))
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        suite = RunningSuite.start(Path(folder) / "run", env={**UNLIMITED, "LOG_LEVEL": "WARNING"})
        try:
            chat = next(each for each in suite.state.processes if each.service == "chat")
            watched = [(each.service, each.pid) for each in suite.state.processes]
            return uvloop.run(run(options, f"http://127.0.0.1:{chat.port}", watched))
        finally:
            suite.stop()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
