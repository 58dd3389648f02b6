"""The command line behind the Makefile: `python -m dev up`, `check`, `test` and so on."""

import argparse
import sys
from collections.abc import Sequence

from dev import audit, locks, settings as environment, verbs, web
from dev.doctor import doctor
from dev.errors import CannotStart
from dev.manage import manage
from dev.services import SERVICES, Service
from dev.up import reset, up

VERBS = {
    "up": "run the whole suite until Ctrl-C",
    "manage": "run a management command of a service, beside a running suite",
    "doctor": "look at a running suite, and say what is wrong",
    "reset": "forget the data, secrets and records of the run folder",
    "web": "build the web client where its sources changed",
    "check": "judge the code without running it",
    "fix": "format, and mend what can be mended",
    "test": "run every test, with the seconds of each part",
    "docs": "make a site of the documents",
    "audit": "ask whether anything that the locks pin is known to be vulnerable",
    "lock": "renew requirements/*.lock",
}
TIMED_VERBS = {"check": verbs.check, "fix": verbs.fix, "test": verbs.test, "docs": verbs.docs}
BESIDE_A_SUITE = ("manage", "doctor")
FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str], *, services: Sequence[Service] = SERVICES) -> int:
    """Run one verb; return the exit status."""
    chosen = parse(arguments)
    try:
        if chosen.verb in TIMED_VERBS:
            return TIMED_VERBS[chosen.verb]()
        if chosen.verb == "audit":
            return audit.audit()
        if chosen.verb in BESIDE_A_SUITE:
            return run_beside(chosen, services)
        run(chosen, services)
    except CannotStart as error:
        sys.stderr.write(f"\n{error}\n")
        return FAILED
    return 0


def run(chosen: argparse.Namespace, services: Sequence[Service]) -> None:
    """Run a verb that succeeds or says why not.

    Raises:
        CannotStart: it cannot be done.
    """
    names = tuple(service.name for service in services)
    settings = environment.from_environment(environment.environment(), names)
    if chosen.verb == "up":
        up(settings, with_parent=chosen.with_parent, services=services)
    elif chosen.verb == "reset":
        verbs.say(reset(settings))
    elif chosen.verb == "web":
        web.build()
    else:
        locks.lock()


def run_beside(chosen: argparse.Namespace, services: Sequence[Service]) -> int:
    """Run the doctor, or a management command; return its exit status.

    Raises:
        CannotStart: there is no such service, or nothing runs.
    """
    known = {service.name: service for service in services}
    run_dir = environment.from_environment(environment.environment(), tuple(known)).run_dir
    if chosen.verb == "doctor":
        return doctor(run_dir, chosen.options)
    if chosen.service not in known:
        raise CannotStart(f"There is no service {chosen.service}, only {', '.join(known)}.")
    return manage(run_dir, known[chosen.service], chosen.command)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process with status 2 where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    parsers = parser.add_subparsers(dest="verb", required=True)
    for verb, text in VERBS.items():
        one = parsers.add_parser(verb, help=text, add_help=verb != "doctor")
        if verb == "up":
            one.add_argument(
                "--with-parent", action="store_true", help="stop when the parent process ends"
            )
        if verb == "manage":
            one.add_argument("service")
            one.add_argument("command", nargs=argparse.REMAINDER)
    chosen, rest = parser.parse_known_args(arguments)
    chosen.options = rest
    if rest and chosen.verb != "doctor":  # whose options are its own
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return chosen


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # not of `up`, which takes it for its end
        sys.stderr.write("\nparley: interrupted\n")
        sys.exit(INTERRUPTED)
