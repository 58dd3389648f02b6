"""The others at this moment, in words: who is there, who was when, and who writes.

Days are those of the reader. Of whom nothing is known, or who does not tell, nothing is said.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from clients.python.parley import PresenceOf
from clients.python.terminal.layout import clip
from clients.python.terminal.people import People

NAME_COLUMNS = 16
"""Of the name of somebody who writes; the line is short and has to hold two."""
NAMED = 2
"""Of more people who write, only that there are several is said."""
WEEKDAYS = 7
"""A day is called by its weekday where that can only mean this one."""


class Company:
    """See the module.

    Args:
        people: how everybody is called.
        presence: of the person with this id.
        typists: ids of those who write in the room with this id.
        now: the time by the clock that tells when people were there; None while it is unknown.
        zone: of the reader; None is the machine's own.
    """

    def __init__(
        self,
        people: People,
        *,
        presence: Callable[[str], PresenceOf],
        typists: Callable[[str], Sequence[str]],
        now: Callable[[], dt.datetime | None],
        zone: dt.tzinfo | None = None,
    ) -> None:
        self._people = people
        self._presence = presence
        self._typists = typists
        self._now = now
        self._zone = zone

    def presence(self, user: str) -> str:
        """Say whether a person is there, or when they were; nothing where nobody knows."""
        known = self._presence(user)
        if known.status in ("online", "away"):
            return known.status
        if known.status != "offline" or known.last_seen is None:
            return ""
        return f"last seen {self._when(known.last_seen)}"

    def typing(self, room: str) -> str:
        """Say who writes in a room; nothing where nobody does."""
        users = self._typists(room)
        if len(users) > NAMED:
            return "Several people are typing"
        names = [clip(self._people.name(user), NAME_COLUMNS) for user in users]
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} typing" if names else ""

    def _when(self, at: dt.datetime) -> str:
        """Say when something was, the nearer the more exactly."""
        own, now = at.astimezone(self._zone), self._now()
        days = (now.astimezone(self._zone).date() - own.date()).days if now else WEEKDAYS
        if days >= WEEKDAYS:
            return f"on {own.day} {own:%B %Y}"
        day = {0: "today", 1: "yesterday"}.get(max(days, 0), f"on {own:%A}")
        return f"{day} at {own:%H:%M}"
