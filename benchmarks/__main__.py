"""``python -m benchmarks pairs``: how fast messages walk their road, under a load that is due.

Open loop: a message is due at its time, whether the one before it has arrived or not, and its
latency counts from then; slowness cannot hide by slowing the load down.
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

from benchmarks import pairs
from benchmarks.report import Report
from dev.harness import RunningSuite


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="scenario", required=True)
    load = commands.add_parser("pairs", help="people who write to each other, two by two")
    load.add_argument("--url", help="a running suite; without it, one is started for the run")
    load.add_argument("--connections", type=int, default=40)
    load.add_argument("--rate", type=float, default=200, help="messages a second, all together")
    load.add_argument("--seconds", type=float, default=10)
    load.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(argv)


async def run(options: argparse.Namespace, url: str, processes: Sequence[tuple[str, int]]) -> int:
    """Load one suite and print the figures; return 1 where something was lost."""
    load = pairs.Load(
        url=url,
        pairs=math.ceil(options.connections / 2),
        rate_per_s=options.rate,
        seconds=options.seconds,
    )
    sys.stderr.write(
        f"pairs: {options.rate:g} messages a second for {options.seconds:g} s,"
        f" {load.pairs} pairs of users, at {url}\n"
    )
    report: Report = await load.run(processes)
    text = json.dumps(report.figures(), indent=2) if options.json else report.table()
    sys.stdout.write(text + "\n")
    return 1 if report.lost else 0


def main() -> int:
    """Run the scenario that was asked for."""
    options = arguments(sys.argv[1:] or ["pairs"])
    if options.url:
        return uvloop.run(run(options, options.url, ()))
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        burst = str(math.ceil(options.rate * options.seconds) + 100)
        suite = RunningSuite.start(
            Path(folder) / "run", env={"MESSAGES_BURST": burst, "LOG_LEVEL": "WARNING"}
        )
        try:
            chat = next(each for each in suite.state.processes if each.service == "chat")
            watched = [(each.service, each.pid) for each in suite.state.processes]
            return uvloop.run(run(options, f"http://127.0.0.1:{chat.port}", watched))
        finally:
            suite.stop()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
