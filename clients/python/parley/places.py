"""Where each message of an outbox stands: it is in one of five places, and moves between them."""

from collections.abc import Iterator

from clients.python.parley.pending import Outgoing, Pending, Standing, is_outage

Refs = dict[str, Pending]


class Places:
    """See the module.

    Attributes:
        waiting: to be sent when they are due, in the order in which they were added.
        in_flight: over the WebSocket, without an answer; the oldest try first.
        asked: over HTTP, without an answer.
        resting: left to the queue service.
        failed: given up, for now or for good.
    """

    def __init__(self) -> None:
        self.waiting: Refs = {}
        self.in_flight: Refs = {}
        self.asked: Refs = {}
        self.resting: Refs = {}
        self.failed: Refs = {}
        self._all = (self.waiting, self.in_flight, self.asked, self.resting, self.failed)

    def __len__(self) -> int:
        return sum(map(len, self._all))

    def __iter__(self) -> Iterator[Pending]:
        """Yield all of them, a snapshot, in the order in which they were added."""
        found = [pending for place in self._all for pending in place.values()]
        return iter(sorted(found, key=lambda pending: pending.number))

    @property
    def stranded(self) -> list[Pending]:
        """Those that failed because nothing could be reached, in order."""
        found = [one for one in self.failed.values() if is_outage(one.error)]
        return sorted(found, key=lambda pending: pending.number)

    def find(self, ref: str) -> Pending | None:
        """Return the one with this ref."""
        return next((place[ref] for place in self._all if ref in place), None)

    def pop(self, ref: str) -> Pending | None:
        """Take the one with this ref out."""
        return next((place.pop(ref) for place in self._all if ref in place), None)

    def put(self, pending: Pending, place: Refs) -> None:
        """Move one; into ``waiting`` it goes behind all others, until ``sort``."""
        self.pop(pending.ref)
        place[pending.ref] = pending

    def sort(self) -> None:
        """Put those that wait into their old order."""
        by_number = sorted(self.waiting.values(), key=lambda pending: pending.number)
        self.waiting.clear()
        self.waiting.update((pending.ref, pending) for pending in by_number)

    def told(self, pending: Pending) -> Outgoing:
        """Tell how one stands that is here."""
        if pending.ref in self.failed:
            return pending.standing(Standing.FAILED, pending.error)
        return pending.standing(Standing.QUEUED if pending.is_queued else Standing.PENDING)
