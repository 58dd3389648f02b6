"""``make profile``: where the time of a message goes, by function and by statement.

Loads a suite of its own with ``pairs`` and writes, for each service, a flame graph and its heaviest
functions, and PostgreSQL's heaviest statements. Looking costs something: take shares, not times.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import stacks
from benchmarks.load.fleet import to_stderr
from benchmarks.profile.profiling import profile
from benchmarks.profile.spies import CannotSpy
from benchmarks.scenarios.pairs import Pairs
from dev.settings import ROOT

INTO = ROOT / "benchmarks" / "out" / "profile"


def main() -> int:
    """Profile; return 1 where something was lost, and 2 where nobody may look."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long one looks")
    parser.add_argument("--connections", type=int, default=1000, help="people, two by two")
    parser.add_argument("--into", type=Path, default=INTO, metavar="FOLDER", help="of the files")
    given = parser.parse_args()
    pairs = Pairs(
        rate=given.rate, seconds=given.seconds, connections=given.connections, read_after=-1
    )
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        stacks.parley(Path(folder)) as suite,
    ):
        try:
            found = profile(suite, pairs, into=given.into.absolute(), tell=to_stderr)
        except CannotSpy as error:
            sys.stderr.write(f"{error}\n")
            return 2
    sys.stdout.write(f"{found.table()}\n\nall of it: {given.into}\n")
    return 1 if found.outcome.troubles else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
