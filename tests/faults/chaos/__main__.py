"""``make chaos SECONDS=600 SEED=1``: breaks one thing after the other for as long as one wants.

The suite, its proxies and people are of its own, on free ports, in a temporary folder. Ctrl-C
ends it early. The report is a page (``build/chaos.html``); the status is 1 where a promise was broken.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from dev.settings import ROOT
from tests.faults.chaos.result import Result

REPORT = ROOT / "build" / "chaos.html"
LOG = REPORT.with_suffix(".log")
"""What the suite said meanwhile."""
ENTER_ONLY = 0o711
"""PostgreSQL's account has its folder inside."""


def main() -> int:
    """Run, write the report, and return the exit status."""
    chosen = _parse()
    _prepare()
    # Only now: what stands behind these reads the settings.
    from tests.faults.chaos import report, running

    results: list[Result] = []
    REPORT.parent.mkdir(exist_ok=True)
    until_s = time.monotonic() + chosen.seconds
    with TemporaryDirectory(prefix="parley-chaos-") as folder:
        Path(folder).chmod(ENTER_ONLY)
        with running.scene(Path(folder), seed=chosen.seed) as scene:
            playing = running.run(
                scene,
                running.plan(chosen.seed, chosen.only),
                go_on=lambda played: played < chosen.rounds and time.monotonic() < until_s,
                results=results,
            )
            try:
                with contextlib.suppress(KeyboardInterrupt):  # what was shown until then counts
                    asyncio.run(playing)
            finally:
                LOG.write_text(scene.suite.log, encoding="utf-8")
                REPORT.write_text(report.page(results, seed=chosen.seed), encoding="utf-8")
    broken = [sentence for result in results for sentence in result.broken]
    invalid = [f"shows nothing: {result.invalid}" for result in results if result.invalid]
    said = (report.markdown(results), report.summary(results), *broken, *invalid, f"{REPORT}")
    sys.stdout.write("\n\n".join(said) + "\n")
    return int(bool(broken))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="begin no round after these")
    parser.add_argument("--seed", type=int, default=1, help="decides what breaks, and when")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="play no more than these")
    parser.add_argument(
        "--only", action="append", default=[], help="faults with this in their name; repeatable"
    )
    return parser.parse_args()


def _prepare() -> None:
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("tests").setLevel(logging.INFO)
    logging.getLogger("clients").setLevel(logging.ERROR)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")  # noqa: TID251 - for Django
    django.setup()


if __name__ == "__main__":
    sys.exit(main())
