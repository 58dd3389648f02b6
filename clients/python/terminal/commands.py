"""What may be typed, and how a typed line is read.

A line is a message unless it begins with a slash; two slashes begin a message with one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Spec:
    """One command.

    Attributes:
        takes: what follows it, for people.
        does: one sentence for ``/help``.
        least: how many words have to follow.
        completes: what Tab offers after it: ``rooms``, ``people`` or nothing.
    """

    takes: str
    does: str
    least: int = 0
    completes: str = ""


COMMANDS: Mapping[str, Spec] = {
    "rooms": Spec("[part of a name]", "list conversations, the latest first"),
    "open": Spec("number | name | username", "open a conversation", 1, "rooms"),
    "new": Spec("username", "begin a conversation with somebody", 1, "people"),
    "find": Spec("beginning of a name", "look for people", 1),
    "group": Spec('"Name" username …', "make a group", 1, "people"),
    "add": Spec("username …", "add people to this group", 1, "people"),
    "remove": Spec("username", "remove somebody from this group", 1, "people"),
    "role": Spec("username member|admin|owner", "give somebody in this group a role", 2, "people"),
    "rename": Spec("new name", "rename this group", 1),
    "leave": Spec("", "leave this group"),
    "members": Spec("", "list who is in this conversation"),
    "history": Spec("[how many]", "show older messages"),
    "reply": Spec("number text", "answer the message with that number", 2),
    "retry": Spec("", "send again what was refused"),
    "who": Spec("[number]", "tell who received and read it"),
    "receipts": Spec("[on|off]", "let others see what you read, or not"),
    "lastseen": Spec("[everyone|contacts|nobody]", "choose who sees when you were here last"),
    "help": Spec("", "show this"),
    "quit": Spec("", "leave; so do Ctrl-D and Ctrl-C"),
}


@dataclass(frozen=True, slots=True)
class Say:
    """Send this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """Run a command.

    Attributes:
        words: what followed; quotes hold words together.
        rest: the same as it was typed.
    """

    name: str
    words: tuple[str, ...] = ()
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """The line is no command; ``sentence`` says why."""

    sentence: str


def parse(line: str) -> Say | Call | Mistake | None:
    """Read a typed line; None where it is blank. Commands may be shortened (``/o``)."""
    if not line or line.isspace():
        return None
    if not line.startswith("/") or line.startswith("//"):
        return Say(line.removeprefix("/") if line.startswith("//") else line)
    typed, _, rest = line[1:].strip().partition(" ")
    meant = _meant_by(typed.lower())
    if len(meant) != 1:
        known = ", ".join(f"/{name}" for name in meant)
        hint = f"did you mean {known}?" if meant else "/help lists what there is."
        return Mistake(f"There is no /{typed}; {hint}")
    spec, words = COMMANDS[meant[0]], words_of(rest)
    if len(words) < spec.least:
        return Mistake(f"Like this: /{meant[0]} {spec.takes}")
    return Call(meant[0], words, rest.strip())


def words_of(text: str) -> tuple[str, ...]:
    """Split a text at spaces, but not inside double quotes."""
    return tuple(match[1] if match[1] is not None else match[2] for match in _WORD.finditer(text))


def _meant_by(typed: str) -> list[str]:
    if typed in COMMANDS:
        return [typed]
    return [name for name in COMMANDS if typed and name.startswith(typed)]
