"""Who types in which room, as the server told it last.

It tells whenever the people change, and says nothing while they stay the same: so nobody is taken
out by time alone, but all are with the connection.
"""

from collections.abc import Sequence

from clients.python.parley.frames import Typing


class Typists:
    """The typists of all rooms. What changes something returns it, as it is since."""

    def __init__(self) -> None:
        self._rooms: dict[str, Sequence[str]] = {}

    def of(self, room: str) -> Sequence[str]:
        """Return the ids of the people who type in a room, those who were told of first."""
        return self._rooms.get(room, ())

    def hear(self, told: Typing) -> list[Typing]:
        """Take in who types in a room now."""
        before = self.of(told.room)
        stay = [user for user in before if user in told.users]
        come = [user for user in told.users if user not in before]
        users = [*stay, *dict.fromkeys(come)]
        if users == list(before):
            return []
        self._rooms[told.room] = users
        if not users:
            del self._rooms[told.room]
        return [Typing(room=told.room, users=users)]

    def drop(self, room: str, user: str) -> list[Typing]:
        """Take somebody out: what they typed is here."""
        return self.hear(Typing(room=room, users=[one for one in self.of(room) if one != user]))

    def forget(self, room: str) -> list[Typing]:
        """Know nothing of a room any more."""
        return self.hear(Typing(room=room, users=[]))

    def clear(self) -> list[Typing]:
        """Know nothing any more: the connection that would tell is gone."""
        return [change for room in list(self._rooms) for change in self.forget(room)]
