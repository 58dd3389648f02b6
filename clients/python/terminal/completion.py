"""What Tab offers: commands, and the rooms and people that are known already."""

from collections.abc import Iterable, Sequence

from clients.python.terminal.commands import COMMANDS
from clients.python.terminal.safe import safe


def complete(text: str, *, rooms: Iterable[str], people: Iterable[str]) -> list[tuple[int, str]]:
    """Return what the last word before the cursor may become.

    Args:
        text: what stands before the cursor.
        rooms: names of rooms.
        people: usernames.

    Returns:
        Pairs of how many characters to take away, and what to write instead.
    """
    if not text.startswith("/") or text.startswith("//"):
        return []
    name, space, rest = text[1:].partition(" ")
    if not space:
        return [(len(name), f"{command} ") for command in COMMANDS if command.startswith(name)]
    spec = COMMANDS.get(name)
    if spec is None or not spec.completes:
        return []
    if spec.completes == "people":
        return _beginning(rest.rpartition(" ")[2], list(people))
    return _beginning(rest, [*(safe(room) for room in rooms), *people])


def _beginning(typed: str, words: Sequence[str]) -> list[tuple[int, str]]:
    wanted = typed.casefold()
    fitting = {word for word in words if word.casefold().startswith(wanted)}
    return [(len(typed), word) for word in sorted(fitting)]
