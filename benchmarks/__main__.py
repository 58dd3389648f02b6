"""``python -m benchmarks SCENARIO``: load a chat, and tell how fast it goes and what it costs.

The load is an open loop: each thing is due at its time, whether the one before it has arrived or not,
and its latency counts from then; slowness cannot hide by slowing the load down.
"""

import os
import sys
from pathlib import Path

from benchmarks.arguments import STDOUT, Options, read
from benchmarks.html import page
from benchmarks.load.fleet import Fleet, to_stderr
from benchmarks.report import Report
from benchmarks.targets import cores, target_of
from clients.python import parley


def run(options: Options) -> Report:
    """Play the scenario that was asked for, on what was asked for."""
    _, load_cores = cores(options)
    with target_of(options, tell=to_stderr) as target:
        fleet = Fleet(
            target=target,
            scenario=options.scenario,
            processes=options.processes,
            cores=load_cores,
            tell=to_stderr,
        )
        return Report(
            name=options.name, target=target.name, scenario=options.scenario, outcome=fleet.run()
        )


def show(report: Report, options: Options) -> None:
    """Print the figures, and write them into the files that were asked for."""
    if options.json_into == STDOUT:
        sys.stdout.write(report.json() + "\n")
    else:
        sys.stdout.write(report.table() + "\n")
        if options.json_into:
            Path(options.json_into).write_text(report.json() + "\n", encoding="utf-8")
    if options.html_into:
        options.html_into.write_text(page(report), encoding="utf-8")


def main() -> int:
    """Load; return 1 where anything was lost or went wrong, and 2 where there was no run."""
    options = read(sys.argv[1:])
    try:
        report = run(options)
    except (parley.ParleyError, RuntimeError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    show(report, options)
    return 1 if report.outcome.troubles else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
