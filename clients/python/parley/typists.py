"""Who types in which room, as the server told it last.

It tells whenever the people change, and says nothing while they stay the same: so nobody is taken
out by time alone, but all are with the connection. Whoever sends what they typed is hidden at once,
ahead of the server's word. But where they type on at once no word comes, because the people are the
same as before; so they are hidden for a moment only.
"""

from collections.abc import Sequence

from .frames import Typing

HIDDEN_S = 0.5
"""For so long a message hides its writer; the server tells within 200 ms that they have stopped."""


class Typists:
    """The typists of all rooms. What changes something returns it, as it is since."""

    def __init__(self) -> None:
        self._told: dict[str, Sequence[str]] = {}
        self._hidden: dict[str, dict[str, float]] = {}

    def of(self, room: str) -> Sequence[str]:
        """Return the ids of the people who type in a room, those who were told of first."""
        hidden = self._hidden.get(room, {})
        return [user for user in self._told.get(room, ()) if user not in hidden]

    def hear(self, told: Typing) -> list[Typing]:
        """Take in who types in a room now."""
        room, before = told.room, self.of(told.room)
        known = self._told.get(room, ())
        stay = [user for user in known if user in told.users]
        self._told[room] = [*stay, *dict.fromkeys(one for one in told.users if one not in known)]
        if not told.users:
            del self._told[room]
        hidden = self._hidden.get(room, {})
        self._hide(room, {user: until for user, until in hidden.items() if user in told.users})
        return self._change(room, before)

    def wrote(self, room: str, user: str, now: float) -> list[Typing]:
        """Hide somebody whose message came: it is what they typed."""
        before = self.of(room)
        if user in self._told.get(room, ()):
            self._hidden.setdefault(room, {})[user] = now + HIDDEN_S
        return self._change(room, before)

    def due(self, now: float) -> list[Typing]:
        """Show those again who were hidden for long enough and still type."""
        changes = []
        for room, hidden in list(self._hidden.items()):
            before = self.of(room)
            self._hide(room, {user: until for user, until in hidden.items() if until > now})
            changes += self._change(room, before)
        return changes

    @property
    def pending(self) -> bool:
        """Whether time alone may bring a change."""
        return bool(self._hidden)

    def forget(self, room: str) -> list[Typing]:
        """Know nothing of a room any more."""
        return self.hear(Typing(room=room, users=[]))

    def clear(self) -> list[Typing]:
        """Know nothing any more: the connection that would tell is gone."""
        return [change for room in list(self._told) for change in self.forget(room)]

    def _hide(self, room: str, hidden: dict[str, float]) -> None:
        self._hidden[room] = hidden
        if not hidden:
            del self._hidden[room]

    def _change(self, room: str, before: Sequence[str]) -> list[Typing]:
        now = self.of(room)
        return [] if now == before else [Typing(room=room, users=now)]
