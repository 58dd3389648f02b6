"""``python -m benchmarks.growth``: whether a message costs the same with much stored as with little.

It needs a suite of its own, because it writes into the tables.
"""

import argparse
import os
import re
import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import stacks
from benchmarks.growth.steps import EVERYWHERE, STEPS, Step, grow, table
from benchmarks.load.fleet import to_stderr

SHAPE = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,7})", re.ASCII)


def read(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "--steps",
        nargs="+",
        type=step_of,
        default=STEPS,
        metavar="ROOMSxMESSAGES",
        help="from the least to the most (default: "
        + " ".join(f"{each.rooms}x{each.messages}" for each in STEPS)
        + ")",
    )
    parser.add_argument("--rate", type=float, default=EVERYWHERE.rate, help="messages a second")
    parser.add_argument(
        "--seconds", type=float, default=EVERYWHERE.seconds, help="that count, a step"
    )
    return parser.parse_args(argv)


def step_of(text: str) -> Step:
    """Read one step.

    Raises:
        ArgumentTypeError: it is none.
    """
    match = SHAPE.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(f"not ROOMSxMESSAGES: {text}")
    return Step(rooms=int(match[1]), messages=int(match[2]))


def main() -> int:
    """Measure, and print the table; return 1 where something was lost."""
    given = read(sys.argv[1:])
    load = replace(EVERYWHERE, rate=given.rate, seconds=given.seconds)
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        stacks.parley(Path(folder)) as suite,
    ):
        grown = grow(suite, steps=given.steps, load=load, tell=to_stderr)
    sys.stdout.write(table(grown) + "\n")
    troubles = [each.outcome.troubles for each in grown if each.outcome.troubles]
    for each in troubles:
        sys.stdout.write(f"gone wrong: {each}\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
