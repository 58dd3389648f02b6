"""Who is there, as the server told it last; of whom it told nothing, nothing is known."""

from collections.abc import Iterable

from .frames import PresenceOf

UNKNOWN = "unknown"


class Presences:
    """The presence of other people. What changes something returns it, as it is since."""

    def __init__(self) -> None:
        self._known: dict[str, PresenceOf] = {}

    def of(self, user: str) -> PresenceOf:
        """Return the presence of a person; ``unknown`` where nobody told."""
        return self._known.get(user) or PresenceOf(id=user, status=UNKNOWN)

    def learn(self, people: Iterable[PresenceOf]) -> list[PresenceOf]:
        """Take in the presence of some people."""
        changes = []
        for one in people:
            if one != self.of(one.id):
                self._known[one.id] = one
                changes.append(one)
        return changes

    def clear(self) -> list[PresenceOf]:
        """Know nothing any more: the connection that would tell is gone."""
        changes = self.learn([PresenceOf(id=user, status=UNKNOWN) for user in self._known])
        self._known.clear()
        return changes
