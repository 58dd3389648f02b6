"""``make bench``: Parley and what people would use otherwise, side by side, and its goals.

Three rounds, of which medians and the spread are told. In each round every chat has its turn on the
same machine with the same client: what else goes on there meets all of them. Then what the gateway
adds. ``QUICK=1`` is one round of less; ``FULL=1`` adds half an hour of steady load, and a million
messages; ``ONLY=soak,growth`` are these parts alone.
"""

import sys

from benchmarks.bench.findings import Findings
from benchmarks.bench.parts import Bench
from benchmarks.bench.settings import wanted
from benchmarks.load.fleet import to_stderr
from dev.settings import environment


def main() -> int:
    """Measure, and print the tables; return 1 where something was lost, and 2 for no such part."""
    try:
        asked = wanted(environment())
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    findings = Findings(to_stderr)
    bench = Bench(asked, findings)
    try:
        bench.run()
    finally:
        # Also where a part fails: those before it took long.
        sys.stdout.write(bench.table() + "\n")
    return 1 if findings.losses else 0


if __name__ == "__main__":
    sys.exit(main())
