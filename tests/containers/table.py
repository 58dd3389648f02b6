"""The table of what was tried: each step by itself, with its seconds and what was seen."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from clients.python import parley
from dev.containers.docker import Failed

UNWANTED = (AssertionError, Failed, parley.ParleyError, OSError, ExceptionGroup)
"""What a step raises where something is not as it should be."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    seconds: float
    seen: str
    is_good: bool = True


class Table:
    """What was tried, in its order; a line is shown as soon as it is known."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    @property
    def is_good(self) -> bool:
        """Whether nothing has failed."""
        return all(row.is_good for row in self.rows)

    def add(self, row: Row) -> None:
        """Add a line and show it."""
        self.rows.append(row)
        sign = "ok    " if row.is_good else "FAILED"
        sys.stdout.write(f"{sign} {row.seconds:7.1f} s  {row.what:<34} {row.seen}\n")
        sys.stdout.flush()

    def close(self, seconds: float) -> int:
        """Show what it comes to; return the exit status."""
        summary = f"{len(self.rows)} lines in {seconds:.0f} s"
        sys.stdout.write(f"\n{'all good' if self.is_good else 'NOT GOOD'}: {summary}\n")
        return int(not self.is_good)

    def run(self, what: str, step: Callable[[], str]) -> bool:
        """Run one step and add its line; return whether it was as it should be."""
        began_s = time.monotonic()
        try:
            seen, is_good = step(), True
        except UNWANTED as error:
            seen, is_good = told(error), False
        row = Row(what=what, seconds=time.monotonic() - began_s, seen=seen, is_good=is_good)
        self.add(row)
        return is_good


def told(error: BaseException) -> str:
    """Say what went wrong, of several things each."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(told(each) for each in error.exceptions)
    return f"{type(error).__name__}: {error}"


def steps_asked_for(program: str, *, description: str | None) -> str:
    """Read the command line; return what has to be in the name of a step that is tried."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument(
        "--only", default="", help="only steps with this in their name, once it is up"
    )
    return str(parser.parse_args().only)
