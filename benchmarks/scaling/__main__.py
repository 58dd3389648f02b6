"""``python -m benchmarks.scaling``: what one more process of chat costs, and what it takes over.

In six minutes, or eight where loads are repeated. Where machine and cores are shared it is CPU that
can be compared, not rates.
"""

import sys
from argparse import ArgumentParser

from benchmarks.load.fleet import to_stderr
from benchmarks.scaling.reading import readings
from benchmarks.scaling.runs import loads, measured
from benchmarks.scaling.tables import tables

COUNTS = (1, 2, 3)
SECONDS = 6.0


def main() -> int:
    """Measure, and print the tables."""
    parser = ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--chat-processes", type=int, nargs="+", default=COUNTS, metavar="N")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that each load counts")
    given = parser.parse_args()
    try:
        runs = list(measured(given.chat_processes, loads(given.seconds), tell=to_stderr))
        sys.stdout.write(tables(runs, list(readings())) + "\n")
    except (RuntimeError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
