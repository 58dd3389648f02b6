"""The command line of the doctor: 0 where nothing is wrong, 1 where something is, 2 for a wrong call."""

import argparse
import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from libs.common.clock import SystemClock
from libs.common.doctor import report
from libs.common.doctor.asking.http import Place, place_of
from libs.common.doctor.checks import Verdict
from libs.common.doctor.outside import Outside
from libs.common.doctor.rounds import Wishes, look_at, look_outside
from libs.common.doctor.settings import SERVICES, Deployment, deployment

PLACE = "{service}"


def main(arguments: Sequence[str]) -> int:
    """Look at everything and tell it; return the exit status."""
    options = parser()
    chosen = options.parse_args(arguments)
    here = deployment(chosen.service)
    try:
        wishes = wishes_of(chosen, here)
    except (OSError, ValueError) as error:
        options.error(str(error))
    if chosen.outside:
        findings = asyncio.run(look_outside(wishes.outside))
    else:
        findings = asyncio.run(look_at(here, wishes))
    written = report.for_machines(findings) if chosen.json else report.readable(findings)
    sys.stdout.write(report.without(written, here.secrets))
    sys.stdout.flush()
    return 1 if report.worst(findings) is Verdict.WRONG else 0


def wishes_of(chosen: argparse.Namespace, here: Deployment) -> Wishes:
    """Make sense of the arguments.

    Raises:
        ValueError: an address is none.
        OSError: the file with the token cannot be read.
    """
    clock, place = SystemClock(), _place(chosen, here)
    token = Path(chosen.token).read_text(encoding="ascii").strip() if chosen.token else None
    outside = None
    if place is not None:
        outside = Outside(
            place=place,
            told=chosen.url is not None or chosen.via is not None,
            trusted=None if chosen.outside else here.trusted,
            development=here.development,
            idle=chosen.idle,
            token=token,
            clock=clock,
        )
    return Wishes(outside=outside, internal=internal_of(chosen.internal), clock=clock)


def _place(chosen: argparse.Namespace, here: Deployment) -> Place | None:
    if chosen.url is not None:
        return place_of(chosen.url, chosen.via)
    if here.origin is None:
        return None
    if chosen.via is not None:
        place_of("http://127.0.0.1", chosen.via)
    try:
        return place_of(here.origin, chosen.via)
    except ValueError:
        here.problems.append(("ALLOWED_ORIGINS", "begins with what is no address"))
        return None


def internal_of(given: Sequence[str]) -> dict[str, str]:
    """Read ``chat=http://…``, or one address with ``{service}`` in it.

    Raises:
        ValueError: it is neither.
    """
    found: dict[str, str] = {}
    for each in given:
        if PLACE in each:
            found |= {service: each.replace(PLACE, service) for service in SERVICES}
            continue
        name, _, url = each.partition("=")
        place_of(url)
        found[name] = url
    return found


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    options = argparse.ArgumentParser(
        prog="python -m services doctor",
        description="Looks at this deployment, and says what is wrong and what to do: docs/doctor.md.",
    )
    options.add_argument("--url", help="where people come in; else the first of ALLOWED_ORIGINS")
    options.add_argument("--via", metavar="HOST:PORT", help="whom to connect to for that")
    options.add_argument("--outside", action="store_true", help="look at nothing but that")
    options.add_argument("--service", choices=SERVICES, help="whose environment this is")
    options.add_argument(
        "--internal",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="internal ports: chat=http://…:9000, as often as needed, or http://{service}:9000",
    )
    options.add_argument("--idle", action="store_true", help="hold a silent WebSocket for 95 s")
    options.add_argument("--token", metavar="FILE", help="an access token, for --idle")
    options.add_argument("--json", action="store_true", help="for machines")
    return options


def run(arguments: Sequence[str]) -> None:
    """Run as a program.

    Raises:
        SystemExit: always.
    """
    status = main(arguments)
    if threading.active_count() > 1:
        os._exit(status)  # a thread looks a name up still, and Python would wait for it
    raise SystemExit(status)
