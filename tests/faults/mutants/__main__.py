"""``make mutants``: shows every mutant to the rig; the status is 1 where one was not noticed."""

import argparse
import sys
import time

from tests.faults.mutants.catalogue import MUTANTS
from tests.faults.mutants.trying import judge


def main() -> int:
    """Try them all, one after the other, and print what gave each away."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only mutants with this in their name")
    chosen = parser.parse_args()
    survivors = 0
    for mutant in MUTANTS:
        if chosen.only in mutant.name:
            began_s = time.monotonic()
            found = judge(mutant, seed=chosen.seed)
            survivors += found is None
            said = found or "SURVIVED"
            sys.stdout.write(
                f"{time.monotonic() - began_s:6.0f} s  {mutant.name}\n          {said}\n"
            )
            sys.stdout.flush()
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
