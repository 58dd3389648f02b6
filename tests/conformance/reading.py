"""The behaviours as they stand in ``behaviours/*.toml``: one a table, named by a sentence."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "behaviours"
Step = Mapping[str, Any]
MEMBERS = {"people", "group", "direct", "sockets", "steps"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One conversation.

    Attributes:
        topic: the file that it stands in.
        name: the sentence.
        are_new: whether its people must be strangers to everything that was done before.
        group: who is in the group ``$room``; nobody: there is none.
        direct: the two in the direct room ``$room``.
        sockets: who is connected from the beginning, in this order; ``alice2`` is alice's second.
        steps: what is done, and what has to come.
    """

    topic: str
    name: str
    are_new: bool
    group: Sequence[str]
    direct: Sequence[str]
    sockets: Sequence[str]
    steps: Sequence[Step]

    def __str__(self) -> str:
        return f"{self.topic}: {self.name}"


class Unreadable(Exception):
    """A behaviour is not written as the README says."""


def behaviours(folder: Path = HERE) -> list[Behaviour]:
    """Return all behaviours of a folder, by topic.

    Raises:
        Unreadable: one is not as the README says.
    """
    return [each for file in sorted(folder.glob("*.toml")) for each in _of_file(file)]


def chosen(all_of_them: Sequence[Behaviour], words: Sequence[str]) -> list[Behaviour]:
    """Return those whose topic or sentence has one of the words in it; all where none is given."""
    wanted = [word.casefold() for word in words]
    return [
        each
        for each in all_of_them
        if not wanted or any(word in str(each).casefold() for word in wanted)
    ]


def _of_file(file: Path) -> Iterator[Behaviour]:
    for name, table in tomllib.loads(file.read_text()).items():
        if unknown := table.keys() - MEMBERS:
            raise Unreadable(f"{file.name}: {name}: {', '.join(sorted(unknown))}?")
        if not table.get("steps"):
            raise Unreadable(f"{file.name}: {name}: no steps")
        yield Behaviour(
            topic=file.stem,
            name=name,
            are_new=table.get("people") == "new" or "direct" in table,
            group=table.get("group", ()),
            direct=table.get("direct", ()),
            sockets=table.get("sockets", ()),
            steps=table["steps"],
        )
