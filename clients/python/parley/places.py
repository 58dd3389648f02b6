"""Where each message of an outbox stands: it is in one of six places, and moves between them."""

from collections.abc import Iterator

from .pending import Outgoing, Pending, Standing

Refs = dict[str, Pending]


def by_number(pending: Pending) -> int:
    """Order messages as they were added."""
    return pending.number


class Places:
    """See the module.

    Attributes:
        waiting: to be sent when they are due, in the order in which they were added.
        in_flight: over the WebSocket, without an answer; the oldest try first.
        asked: over HTTP, without an answer.
        resting: left to the queue service.
        stranded: given up because nothing could be reached, until something answers.
        failed: given up for good.
    """

    def __init__(self) -> None:
        self.waiting: Refs = {}
        self.in_flight: Refs = {}
        self.asked: Refs = {}
        self.resting: Refs = {}
        self.stranded: Refs = {}
        self.failed: Refs = {}
        under_way = (self.waiting, self.in_flight, self.asked, self.resting)
        self._all = (*under_way, self.stranded, self.failed)

    def __len__(self) -> int:
        return sum(map(len, self._all))

    def __iter__(self) -> Iterator[Pending]:
        """Yield all of them, a snapshot, in the order in which they were added."""
        found = [pending for place in self._all for pending in place.values()]
        return iter(sorted(found, key=by_number))

    def has_failed(self, ref: str) -> bool:
        """Whether the one with this ref is given up, for now or for good."""
        return ref in self.stranded or ref in self.failed

    def find(self, ref: str) -> Pending | None:
        """Return the one with this ref."""
        return next((place[ref] for place in self._all if ref in place), None)

    def failed_as(self, client_id: str) -> list[Pending]:
        """Return those that are given up, of this client_id in any room."""
        failed = (*self.stranded.values(), *self.failed.values())
        return [one for one in failed if one.draft.is_for(one.draft.room, client_id)]

    def stranded_in(self, room: str) -> list[Pending]:
        """Return those of a room that go again when something answers."""
        return [one for one in self.stranded.values() if one.draft.room == room]

    def pop(self, ref: str) -> Pending | None:
        """Take the one with this ref out."""
        return next((place.pop(ref) for place in self._all if ref in place), None)

    def put(self, pending: Pending, place: Refs) -> None:
        """Move one; into ``waiting`` it goes behind all others, until ``sort``."""
        self.pop(pending.ref)
        place[pending.ref] = pending

    def sort(self) -> None:
        """Put those that wait into their old order."""
        in_order = sorted(self.waiting.values(), key=by_number)
        self.waiting.clear()
        self.waiting.update((pending.ref, pending) for pending in in_order)

    def told(self, pending: Pending) -> Outgoing:
        """Tell how one stands that is here."""
        if self.has_failed(pending.ref):
            goes_again = pending.ref in self.stranded
            return pending.standing(Standing.FAILED, pending.error, goes_again=goes_again)
        return pending.standing(Standing.QUEUED if pending.is_queued else Standing.PENDING)
