"""What `make up` refuses before it installs anything: minutes later it would be as wrong.

Runs on the machine's own Python, before there is a `.venv`. What needs more than that is judged later,
and this again: `dev.up` finds whatever got past it.
"""

import sys
from collections.abc import Mapping

from dev import ports
from dev.errors import CannotStart
from dev.settings import environment, from_environment

REFUSED = 1


def judge(environ: Mapping[str, str]) -> None:
    """Judge the settings and, where nothing has ever run in the run folder, the port.

    Once something has, it may be ours: then it is a matter of who owns the folder.

    Raises:
        CannotStart: a setting makes no sense, or the port is taken.
    """
    settings = from_environment(environ, ())
    if not settings.run_dir.exists():
        ports.check_free(settings.port)


if __name__ == "__main__":
    try:
        judge(environment())
    except CannotStart as error:
        sys.stderr.write(f"\n{error}\n")
        sys.exit(REFUSED)
