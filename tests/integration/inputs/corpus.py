"""Reads the corpus of bad inputs: TOML files whose every line is one input and its answer.

A group says by whom and where its inputs are tried: ``frames`` are texts on a WebSocket, ``requests``
are a method, a path, and perhaps a body. ``⟦value⟧`` stands for the input in them; what is tried in
several places has to get the same answer in each, through either door. Both may be tables by the
name of the member that the input is put into: an answer that names no member then means that one.

An answer is the code of the error and the members that it names, or the type of another frame, or
``nothing``; over HTTP a number stands for a status that is no error, and one before a code for a
status that the code usually has not. ``⟦room⟧`` and the like are replaced by what a test has made,
``⟦new⟧`` by an id that is new each time, ``⟦x*3⟧`` by xxx.
"""

import re
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILES = sorted((HERE / "corpus").rglob("*.toml"))
VALUE = "⟦value⟧"

_MARK = re.compile("⟦([^⟦⟧]*)⟧")


@dataclass(frozen=True)
class Case:
    """One input at one place.

    Attributes:
        who: sends it.
        sent: the text of a frame, or a request; names are not filled in yet.
        answer: what has to come back.
        path: of the WebSocket, where it is a frame.
        headers: of a request, beside the usual ones.
    """

    who: str
    sent: str
    answer: str
    path: str = "/ws/chat/"
    headers: Mapping[str, str] = field(default_factory=dict)


def cases(file: Path, door: str) -> list[Case]:
    """Return the cases of a file that go through a door."""
    groups = tomllib.loads(file.read_text(encoding="utf-8"))
    return [case for group in groups.values() for case in _cases(group, door)]


def _cases(group: Mapping[str, Any], door: str) -> Iterator[Case]:
    for member, template in _places(group.get(door, ())):
        for value, answer in group["answers"].items():
            named = f"{answer} {member}".strip() if answer == "bad_frame" else answer
            yield Case(
                who=group.get("as", "ann"),
                sent=template.replace(VALUE, value),
                answer=named,
                path=group.get("path", Case.path),
                headers=group.get("headers", {}),
            )


def _places(given: Any) -> Iterator[tuple[str, str]]:
    by_member = given if isinstance(given, dict) else {"": given}
    for member, templates in by_member.items():
        for template in templates:
            yield member, template


def filled(text: str, names: Mapping[str, str]) -> str:
    """Return a text with its marks replaced.

    Raises:
        KeyError: a name is not known.
    """

    def replacement(mark: re.Match[str]) -> str:
        unit, repeated, times = mark[1].rpartition("*")
        if repeated:
            return unit * int(times)
        return str(uuid.uuid4()) if mark[1] == "new" else names[mark[1]]

    return _MARK.sub(replacement, text)
