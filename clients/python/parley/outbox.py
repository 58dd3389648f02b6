"""All messages on their way: what to send now and over which road, what to repeat, what to give up.

A room's messages go in the order in which they were added: while one of them is tried over HTTP,
pauses or is only queued, those added later stay behind it, and may at most follow it into the queue
service. What failed because nothing could be reached takes those behind it along, and all of them go
again when something answers. Each keeps its client_id, so a repetition never makes a second message.
"""

from collections.abc import Iterable, Iterator

from .errors import NotAcknowledged, OutboxFull, ParleyError, Timeout
from .pace import Pace
from .pending import (
    Draft,
    Outgoing,
    Pending,
    Random,
    Request,
    Road,
    Standing,
    Step,
    is_outage,
)
from .places import Places, by_number
from .traffic import ANSWER_WITHIN_S, Due, Traffic
from .vigil import Vigil

OUTBOX_LIMIT = 1000
"""Messages that are kept at once, failed ones included."""


class Outbox:
    """All messages of one device that are not known to be stored.

    Args:
        random: the jitter of the backoff.
        pace: how fast to send.
        limit: how many it holds.

    Attributes:
        changes: how messages stand since the owner emptied this list.
        refusals: likewise, those that were refused for good, and why.
    """

    def __init__(self, *, random: Random, pace: Pace, limit: int = OUTBOX_LIMIT) -> None:
        self._random = random
        self._limit = limit
        self._last_number = 0
        self._at = Places()
        self._traffic = Traffic(self._at, pace)
        self._vigil = Vigil()
        self.changes: list[Outgoing] = []
        self.refusals: list[tuple[Pending, ParleyError]] = []

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Outgoing]:
        return map(self._at.told, self._at)

    @property
    def waits(self) -> bool:
        """Whether time alone will bring something to do."""
        return len(self) > len(self._at.failed)

    # What the sender does ---------------------------------------------------------------------

    def add(
        self,
        draft: Draft,
        *,
        now: float,
        deadline: float,
        by_socket: bool = True,
        is_kept: bool = False,
    ) -> Pending:
        """Take a draft on. The same client_id may be added twice.

        What failed in its room because nothing could be reached goes again before it.

        Raises:
            OutboxFull: too many messages wait already.
        """
        if len(self) >= self._limit:
            raise OutboxFull(f"{self._limit} messages wait already")
        self._last_number += 1
        pending = Pending(
            self._last_number, draft, deadline, by_socket=by_socket, is_kept=is_kept, due=now
        )
        self._revive(self._at.stranded_in(draft.room), now)
        self._at.waiting[pending.ref] = pending
        self._tell(pending)
        return pending

    def retry(self, client_id: str, now: float) -> bool:
        """Try a failed message again, and before it those of its room that go again anyway."""
        failed = self._at.failed_as(client_id)
        for one in failed:
            self._revive([*self._at.stranded_in(one.draft.room), one], now)
        return bool(failed)

    def discard(self, client_id: str) -> bool:
        """Forget a failed message; return whether there was one."""
        failed = self._at.failed_as(client_id)
        for one in failed:
            self._at.pop(one.ref)
        return bool(failed)

    def forget(self, ref: str, error: ParleyError | None = None) -> None:
        """Send a draft no more; one that is in flight may still be stored, a queued one will be.

        Args:
            ref: of the draft.
            error: why; by default, that its sender went away.
        """
        pending = self._at.find(ref)
        if pending is None:
            return
        if pending.is_queued:
            pending.deadline = float("inf")
            return
        gone = NotAcknowledged(pending.draft.client_id, cause=pending.error)
        self._take_out(pending, Standing.FAILED, error or gone)

    def expired(self, now: float) -> list[tuple[Pending, NotAcknowledged]]:
        """Return those whose senders stop waiting; what is not queued is taken out with that."""
        late = [pending for pending in self._at if pending.deadline <= now]
        told = []
        for one in late:
            client_id, is_queued = one.draft.client_id, one.is_queued
            error = NotAcknowledged(client_id, cause=one.error, is_queued=is_queued)
            told.append((one, error))
            if is_queued:
                one.deadline = float("inf")
            else:
                self._take_out(one, Standing.FAILED, error)
        return told

    # What to send -----------------------------------------------------------------------------

    def due(self, now: float, *, online: bool) -> Due:
        """Return what to send now; it counts as sent."""
        silent = self._traffic.silent(now)
        for pending in silent:
            self._climb(pending, Timeout(f"no answer within {ANSWER_WITHIN_S:g} s"), now)
        return self._traffic.due(now, online=online)

    def look(self, now: float) -> bool:
        """Return whether to look now which services answer again; ``looked`` tells the end."""
        return bool(self._at.resting or self._at.stranded) and self._vigil.ask(now)

    # What came of it --------------------------------------------------------------------------

    def acknowledged(
        self, ref: str | None, *, room: str, client_id: str, now: float
    ) -> list[Pending]:
        """Take out what an ``ack`` says to be stored.

        With a ``ref`` chat answers one try. Without one the queue service tells of what it took,
        perhaps from another device: what was never offered to it is not known to be stored.
        """
        if ref is None:
            offered = (one for one in self._at if one.was_offered)
            return self._settle([one for one in offered if one.draft.is_for(room, client_id)], now)
        pending = self._at.find(ref)
        if pending is None:
            return []
        idle = (self._at.resting | self._at.stranded | self._at.failed).values()
        same = [one for one in idle if one is not pending and one.draft.is_same(pending.draft)]
        return self._settle([pending, *same], now)

    def stored(self, draft: Draft, now: float) -> list[Pending]:
        """Take out all that are the message with this content, which is stored."""
        return self._settle([one for one in self._at if one.draft.is_same(draft)], now)

    def refused(self, ref: str, error: ParleyError, *, now: float) -> None:
        """Take in an ``error`` frame."""
        self._traffic.heed(error, now)
        pending = self._at.find(ref)
        if pending is None or self._at.has_failed(ref):
            return
        if ref in self._at.in_flight or not (error.retriable or is_outage(error)):
            self._climb(pending, error, now)

    def posted(self, request: Request) -> None:
        """Note that a request to chat was answered with the message; ``stored`` follows."""
        self._traffic.answered(request)

    def queued(self, request: Request, now: float) -> None:
        """Note that the queue service holds a message.

        One that chat has refused meanwhile stays failed: the queue only asks chat once more, and
        where that ends otherwise an ``ack`` tells.
        """
        self._traffic.answered(request)
        pending = self._at.find(request.ref)
        if pending is None:
            return
        if request.ref in self._at.failed:
            return
        pending.is_queued = True
        if request.ref in self._at.asked:
            self._at.put(pending, self._at.resting)
            self._vigil.begin(now)
        self._tell(pending)
        if self._at.stranded and self._vigil.may_revive(now):
            self._revive(self._at.stranded.values(), now)

    def missed(self, request: Request, error: ParleyError, now: float) -> None:
        """Take in that a request was in vain, or refused."""
        self._traffic.answered(request)
        if request.road is not Road.QUEUE:  # which knows nothing of how fast chat may be asked
            self._traffic.heed(error, now)
        if pending := self._at.asked.get(request.ref):
            self._climb(pending, error, now)

    def failed(self, room: str, client_id: str, error: ParleyError) -> None:
        """Take in that the queue service gave a message up, whatever of; an ``ack`` overrides it."""
        queued = (one for one in self._at if one.is_queued)
        for one in [one for one in queued if one.draft.is_for(room, client_id)]:
            self._refuse(one, error)

    def looked(self, now: float, *, chat: bool, queue: bool) -> None:
        """Take in which services answer: what waited for them goes on."""
        self._vigil.told(now)
        if chat:
            self.go_on(now)
        elif queue:
            self._revive((one for one in self._at.stranded.values() if not one.is_queued), now)

    def connected(self, now: float) -> None:
        """Begin a connection: everything goes again, in order, as ``message``."""
        self._vigil.end()
        for pending in list(self._at.asked.values()):
            self._at.put(pending, self._at.waiting)
        for pending in self._at.waiting.values():
            pending.start_anew(now)
        self.go_on(now)

    def disconnected(self, now: float) -> None:
        """Plan everything that was in flight over the socket anew, in the old order."""
        self._traffic.lost_at = now
        for pending in list(self._at.in_flight.values()):
            pending.due = now
            self._wait(pending, now)
        for pending in self._at.waiting.values():
            pending.frames = 0

    def go_on(self, now: float) -> None:
        """Chat answers again: try what is only queued, and what failed because it did not."""
        self._revive((self._at.resting | self._at.stranded).values(), now)

    # How --------------------------------------------------------------------------------------

    def _climb(self, pending: Pending, error: ParleyError, now: float) -> None:
        match pending.climb(error, now=now, random=self._random):
            case Step.WAIT:
                self._wait(pending, now)
            case Step.REST:
                self._at.put(pending, self._at.resting)
                self._vigil.begin(now)
            case Step.FAIL if is_outage(error):
                self._strand(pending, error, now)
            case Step.FAIL:
                self._refuse(pending, error)

    def _wait(self, pending: Pending, now: float) -> None:
        """Let one wait for its next try, in the old order; behind one that failed, fail with it."""
        first = min(self._at.stranded_in(pending.draft.room), key=by_number, default=pending)
        if first.error and first.number < pending.number:
            self._strand(pending, first.error, now)
        else:
            self._at.put(pending, self._at.waiting)
            self._at.sort()

    def _strand(self, pending: Pending, error: ParleyError, now: float) -> None:
        """Give up one that nothing takes for now, and with it those that wait behind it."""
        waiting = (one for one in self._at.waiting.values() if one.draft.room == pending.draft.room)
        for one in [pending, *(one for one in waiting if one.number > pending.number)]:
            one.error = error
            self._at.put(one, self._at.stranded)
            self._tell(one)
        self._vigil.begin(now)

    def _refuse(self, pending: Pending, error: ParleyError) -> None:
        """Give up one for good; only a hand sends it again, where it is kept for one."""
        pending.error, pending.is_queued = error, False
        self._at.put(pending, self._at.failed)
        self._tell(pending)
        self.refusals.append((pending, error))
        if not pending.is_kept:
            self._at.pop(pending.ref)

    def _settle(self, stored: list[Pending], now: float) -> list[Pending]:
        for one in stored:
            self._take_out(one, Standing.SENT)
        if stored:
            self._answered(now)
        return stored

    def _answered(self, now: float) -> None:
        """Chat answered: a reason to try again what waits for it; rarely, where it fails again."""
        if not (self._at.resting or self._at.stranded):
            self._vigil.end()
        elif self._vigil.may_revive(now):
            self.go_on(now)

    def _revive(self, some: Iterable[Pending], now: float) -> None:
        for pending in sorted(some, key=by_number):
            had_failed = self._at.has_failed(pending.ref)
            pending.start_anew(now)
            self._at.put(pending, self._at.waiting)
            if had_failed:
                self._tell(pending)
        self._at.sort()

    def _tell(self, pending: Pending) -> None:
        """Tell how one stands that is here."""
        self.changes.append(self._at.told(pending))

    def _take_out(
        self, pending: Pending, standing: Standing, error: ParleyError | None = None
    ) -> None:
        """Forget one, and tell how it ended."""
        self._at.pop(pending.ref)
        self.changes.append(pending.standing(standing, error))
