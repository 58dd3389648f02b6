"""``make bench``: Parley and what people would use otherwise, side by side, and its goals.

Three rounds, of which medians and the spread are told. In each round every chat has its turn on the
same machine with the same client: what else goes on there meets all of them. ``QUICK=1`` is one
round of less.
"""

import sys

from benchmarks.bench.rounds import Bench
from benchmarks.bench.settings import wanted
from benchmarks.load.fleet import to_stderr


def main() -> int:
    """Measure, and print the table; return 1 where something was lost."""
    bench = Bench(wanted(), tell=to_stderr)
    bench.run()
    sys.stdout.write(bench.table() + "\n")
    return 1 if bench.losses else 0


if __name__ == "__main__":
    sys.exit(main())
