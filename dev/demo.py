"""What `make up DEMO=1` runs beside the suite: people, conversations, and a bot that answers.

To the suite it is a client like any other. It comes in at the gateway once everything else is up,
goes before anything else does, and no service knows of it.
"""

import sys
from collections.abc import Mapping

from clients.python.demo.cast import PASSWORD, VISITORS
from dev.process import Program

NAME = "demo"
SEED, COMPANY = "seed", "company"
"""Its parts: the first one ends, the second one stays."""
INVITATION = (
    f"Sign in as {VISITORS[0].username}, and in a private window as {VISITORS[1].username}; "
    f"the password is {PASSWORD}"
)


def demo_program(part: str, *, url: str, inherited: Mapping[str, str]) -> Program:
    """Return a part of the demo.

    Args:
        part: ``SEED`` or ``COMPANY``.
        url: the gateway's.
        inherited: the environment of `make up`.
    """
    return Program(
        name=NAME,
        service=NAME,
        command=(sys.executable, "-m", f"clients.python.{NAME}", part, "--url", url),
        environment={**inherited, "PYTHONUNBUFFERED": "1"},
        port=0,
        is_ready=lambda: True,
    )
