"""Who is behind an id: names, asked for once and kept."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from zlib import crc32

from clients.python.parley import ParleyError, User
from clients.python.terminal.safe import safe

ASK_AT_ONCE = 100
"""Ids in one question."""

SHADES = 6
"""How many colours there are for names."""

Ask = Callable[[Sequence[str]], Awaitable[Sequence[User]]]


class People:
    """The people met so far.

    Args:
        ask: returns the people with these ids; unknown ones may be left out.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[str, User] = {}

    def add(self, people: Iterable[User]) -> None:
        """Remember people."""
        self._known.update({person.id: person for person in people})

    async def learn(self, ids: Iterable[str]) -> None:
        """Ask for those who are unknown. Where the server does not answer they stay unknown."""
        unknown = sorted({one for one in ids if one and one not in self._known})
        for first in range(0, len(unknown), ASK_AT_ONCE):
            try:
                self.add(await self._ask(unknown[first : first + ASK_AT_ONCE]))
            except ParleyError:
                return

    def name(self, user: str) -> str:
        """Return how a person is called; a part of the id where that is unknown."""
        person = self._known.get(user)
        if person is None:
            return safe(f"?{user[-4:]}")
        return safe(person.display_name or person.username)

    def full_name(self, user: str) -> str:
        """Return the name with the username, which tells two people of one name apart."""
        person, name = self._known.get(user), self.name(user)
        if person is None:
            return name
        username = safe(person.username)
        return f"@{username}" if name == username else f"{name} (@{username})"

    def username(self, user: str) -> str:
        """Return a person's username; a part of the id where that is unknown."""
        person = self._known.get(user)
        return safe(person.username if person else f"?{user[-4:]}")

    def id_of(self, username: str) -> str | None:
        """Return the id of somebody met before, by username in any case."""
        wanted = username.lower()
        found = (one for one in self._known.values() if one.username.lower() == wanted)
        return next((person.id for person in found), None)

    def usernames(self) -> list[str]:
        """Return all usernames, sorted."""
        return sorted(safe(person.username) for person in self._known.values())


def shade_of(user: str) -> int:
    """Return the number of a person's colour: the same one in every room and at every start."""
    return crc32(user.encode(errors="replace")) % SHADES
