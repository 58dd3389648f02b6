"""The command line: what is common to all scenarios, and the fields of one as its options."""

import argparse
import inspect
import re
from argparse import ArgumentParser, BooleanOptionalAction, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import get_type_hints

from benchmarks.load.stage import Scenario
from benchmarks.scenarios import FOR_ALL_STACKS, IN_ONE_PROCESS, SCENARIOS

STACKS = ("parley", "tutorial", "socketio")
OPTIONS = {"groups": "--rooms"}
"""Fields whose options are called otherwise: ``rooms`` is a method of every scenario."""
ATTRIBUTE = re.compile(r"^(\w+): (.+?)(?=^\w+: |\Z)", re.DOTALL | re.MULTILINE)
STDOUT = "-"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for.

    Attributes:
        urls: of a deployment; none where a stack is started for the run.
        people: a file with who is loaded; without it they are registered.
        processes: load processes.
        json_into: a file, or ``-`` for standard output.
    """

    name: str
    scenario: Scenario
    urls: Sequence[str]
    people: Path | None
    stack: str
    chat_processes: int
    processes: int
    is_pinned: bool
    through_gateway: bool
    json_into: str | None
    html_into: Path | None


def read(argv: Sequence[str]) -> Options:
    """Read the command line; ends the process where it makes no sense."""
    parser = ArgumentParser(
        prog="python -m benchmarks",
        description="Load a chat, and tell how fast it goes and what it costs.",
    )
    commands = parser.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    for name, scenario in SCENARIOS.items():
        _add(commands, name, scenario)
    given = parser.parse_args(argv)
    _check(parser, given)
    made = SCENARIOS[given.scenario]
    return Options(
        name=given.scenario,
        scenario=made(**{name: getattr(given, name) for name in _defaults(made)}),
        urls=[url.rstrip("/") for url in given.url],
        people=given.people,
        stack=given.stack,
        chat_processes=given.chat_processes,
        processes=given.processes,
        is_pinned=given.pin,
        through_gateway=given.gateway,
        json_into=given.json,
        html_into=given.html,
    )


def helps(scenario: type[Scenario]) -> dict[str, str]:
    """Return what each field of a scenario means, as its docstring and its parents' have it."""
    found: dict[str, str] = {}
    for each in reversed(scenario.__mro__):
        _, _, attributes = (inspect.getdoc(each) or "").partition("Attributes:\n")
        for name, text in ATTRIBUTE.findall(inspect.cleandoc(attributes)):
            found[name] = " ".join(text.split())
    return found


def _add(
    commands: "argparse._SubParsersAction[ArgumentParser]", name: str, scenario: type[Scenario]
) -> None:
    purpose, *_ = (inspect.getdoc(scenario) or "").partition("\n")
    parser = commands.add_parser(
        name, help=purpose, description=purpose, formatter_class=RawDescriptionHelpFormatter
    )
    own = parser.add_argument_group("the scenario")
    meanings, types = helps(scenario), get_type_hints(scenario)
    for field, default in _defaults(scenario).items():
        option = OPTIONS.get(field, f"--{field.replace('_', '-')}")
        meaning = f"{meanings.get(field, '').rstrip('.')} (default: {default})".replace("%", "%%")
        if types[field] is bool:
            own.add_argument(
                option, dest=field, action=BooleanOptionalAction, default=default, help=meaning
            )
        else:
            kind = types[field]
            own.add_argument(option, dest=field, type=kind, default=default, help=meaning)
    _add_common(parser)


def _add_common(parser: ArgumentParser) -> None:
    what = parser.add_argument_group("what is loaded")
    what.add_argument(
        "--url", action="append", default=[], help="of a deployment; may be repeated, in turns"
    )
    what.add_argument(
        "--people",
        type=Path,
        metavar="FILE",
        help="its people, as `python -m services.chat crowd` prints them; else some register",
    )
    what.add_argument("--stack", choices=STACKS, default="parley", help="started for the run")
    what.add_argument("--chat-processes", type=int, default=1, metavar="N", help="of Parley")
    what.add_argument("--gateway", action="store_true", help="load it, not chat's own port")
    how = parser.add_argument_group("how")
    how.add_argument("--processes", type=int, default=1, metavar="N", help="that make the load")
    how.add_argument(
        "--pin", action="store_true", help="servers on the first core, the load on the others"
    )
    how.add_argument("--json", metavar="FILE", help="also write all figures; - for stdout instead")
    how.add_argument("--html", type=Path, metavar="FILE", help="also write a page with diagrams")


def _check(parser: ArgumentParser, given: argparse.Namespace) -> None:
    name = given.scenario
    if given.stack != "parley" and name not in FOR_ALL_STACKS:
        parser.error(f"only Parley can do {name}")
    if given.stack != "parley" and (given.url or given.gateway):
        parser.error("--url and --gateway are Parley's")
    if given.people and not given.url:
        parser.error("--people goes with --url")
    if given.processes > 1 and name in IN_ONE_PROCESS:
        parser.error(f"{name} is played by one load process")
    if given.processes < 1 or given.chat_processes < 1:
        parser.error("at least one process")


def _defaults(scenario: type[Scenario]) -> Mapping[str, int | float | str | bool]:
    return {each.name: each.default for each in fields(scenario) if each.default is not MISSING}
