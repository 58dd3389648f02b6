"""Starts the suite and a Prometheus, lets people chat, stops something, and draws what it shows."""

import argparse
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import stacks
from benchmarks.dashboard.drawing import WIDTH_PX, Span, page
from benchmarks.load.fleet import Fleet
from benchmarks.scenarios.mixed import Mixed
from dev import chromium
from dev.harness import RunningSuite
from dev.monitoring.dashboards import DASHBOARDS
from dev.monitoring.scraping import scraping
from dev.monitoring.servers import Prometheus, running_prometheus
from dev.settings import ROOT

OUT = ROOT / "benchmarks" / "out"
EDGE_PX = 40


def main(argv: Sequence[str]) -> int:
    """Draw; return 0, or 1 where something that is needed is not installed."""
    asked = read(argv)
    OUT.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="parley-dashboard-") as folder,
        stacks.parley(Path(folder), chat_processes=2) as suite,
        running_prometheus(Path(folder) / "prometheus", scraping(suite.state)) as prometheus,
    ):
        began_s = prometheus.now_s
        with stopped_meanwhile(suite, asked.stop, after_s=asked.seconds / 2):
            play(suite, asked)
        draw(prometheus, Span(began_s, prometheus.now_s))
    return 0


def read(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load")
    parser.add_argument("--connections", type=int, default=60, help="people")
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--stop", default="", help="a service that is away for a tenth of the time")
    return parser.parse_args(argv)


def play(suite: RunningSuite, asked: argparse.Namespace) -> None:
    """Let people live for a while."""
    scenario = Mixed(connections=asked.connections, rate=asked.rate, seconds=asked.seconds)
    people = stacks.crowd(suite, scenario.rooms())
    # Nobody's CPU is looked at: one of them may go away.
    target = replace(stacks.target(suite, people), watched=())
    Fleet(target=target, scenario=scenario).run()


@contextmanager
def stopped_meanwhile(suite: RunningSuite, service: str, *, after_s: float) -> Iterator[None]:
    """Take a service away for a while, some time after the block was entered."""
    is_over = threading.Event()

    def take_away() -> None:
        if not is_over.wait(after_s):
            with suite.stopped(service):
                is_over.wait(after_s / 5)

    thread = threading.Thread(target=take_away)
    if service:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if service:
            thread.join()


def draw(prometheus: Prometheus, span: Span) -> None:
    """Write each dashboard as a picture, and say where."""
    with chromium.running() as browser:
        tab = browser.new_page(viewport={"width": WIDTH_PX + EDGE_PX, "height": EDGE_PX})
        for dashboard in DASHBOARDS:
            tab.set_content(page(dashboard, prometheus, span))
            file = OUT / f"{dashboard.uid}.png"
            tab.screenshot(path=file, full_page=True)
            sys.stdout.write(f"{file.relative_to(ROOT)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
