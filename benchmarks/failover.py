"""``python -m benchmarks.failover``: a thousand people on two processes of chat, and one is killed.

It needs a suite of its own, because it kills. People come through the gateway, so those who come back
land where anybody is. What a cluster does, the suite does: the process is started again.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import stacks
from benchmarks.load.fleet import Fleet, to_stderr
from benchmarks.report import Report
from benchmarks.scenarios.failover import Failover
from dev.harness import RunningSuite

PROCESSES = 2
KILLED = "chat"


def read(argv: Sequence[str]) -> Failover:
    """Read the command line; ends the process where it makes no sense."""
    usual = Failover()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover", description=__doc__)
    parser.add_argument("--connections", type=int, default=usual.connections)
    parser.add_argument("--rate", type=float, default=usual.rate, help="messages a second")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="that count")
    parser.add_argument("--kill-after", type=float, default=usual.kill_after, help="seconds")
    given = parser.parse_args(argv)
    return Failover(
        connections=given.connections,
        rate=given.rate,
        seconds=given.seconds,
        kill_after=given.kill_after,
    )


@contextmanager
def killing(suite: RunningSuite, *, after_s: float) -> Iterator[None]:
    """Kill a process of chat some time into the block."""
    timer = threading.Timer(after_s, suite.kill, [KILLED])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def main() -> int:
    """Measure, and print the table; return 1 where something was lost or nobody was cut off."""
    scenario = read(sys.argv[1:])
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        stacks.parley(Path(folder), chat_processes=PROCESSES) as suite,
    ):
        people = stacks.crowd(suite, scenario.rooms())
        target = stacks.target(suite, people)
        victim = suite.process(KILLED).pid
        survivors = [(name, pid) for name, pid in target.watched if pid != victim]
        target = replace(target, urls=[suite.state.gateway_url], watched=survivors)
        fleet = Fleet(
            target=target,
            scenario=scenario,
            tell=to_stderr,
            within=lambda: killing(suite, after_s=scenario.kill_after),
        )
        outcome = fleet.run()
    report = Report(name="failover", target=target.name, scenario=scenario, outcome=outcome)
    sys.stdout.write(report.table() + "\n")
    counts = outcome.tally.counts
    all_back = 0 < counts["cut off"] == counts["back"]
    return 1 if outcome.troubles or not all_back else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
