"""The Message Status Manager: how far messages have come, from what clients claim about them.

Sent is what is in the database, delivered and read is what a member claims. A claim is believed as
far as this process knows that there are messages; one beyond that waits until heads have been read
from the database, and is cut to the room's last message then. It never goes back and need not be
news: whoever counts keeps the greatest.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Protocol

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.errors import PermissionDenied
from libs.common.events import Advance, Receipt, WatermarksAdvanced
from services.chat.domain.claims import NO_CLAIMS, Claims, Key
from services.chat.domain.status import Look, Status
from services.chat.hub.hub import Hub
from services.chat.hub.session import Seat, Session
from services.chat.selectors.rooms import Head

REPEAT_AFTER_S = 60.0
"""For how long a session's claims are passed over that repeat what it has claimed."""

BEYOND_HEAD = metrics.gauge(
    "parley_claims_beyond_head", "Members whose claim waits until heads were read again."
)


class Reporter(Protocol):
    """What publishes claims."""

    def report(self, receipt: Receipt) -> None:
        """Publish a claim soon."""
        ...

    def confirm(self, advances: Iterable[Advance]) -> None:
        """Take note of what has arrived."""
        ...


class Pusher(Protocol):
    """What tells sessions of advances."""

    def hear(self, advances: Sequence[Advance]) -> None:
        """Take note of advances."""
        ...


@dataclasses.dataclass(slots=True, eq=False)
class _Beyond:
    """Claims of a member beyond the known head.

    Attributes:
        session: the newest that claimed.
        is_member: known already; else it is, once the session's seat is given.
        compared: heads were read since, which may have been before the claim.
    """

    claims: Claims
    session: Session
    is_member: bool
    compared: bool = False


class MessageStatusManager:
    """One per process, in its event loop. No method waits.

    Args:
        hub: knows who is in which room, and how far it reaches.
        reporter: publishes claims.
        pusher: tells sessions of advances.
        clock: dates claims.
    """

    def __init__(self, *, hub: Hub, reporter: Reporter, pusher: Pusher, clock: Clock) -> None:
        self._hub = hub
        self._reporter = reporter
        self._pusher = pusher
        self._clock = clock
        self._heads: dict[str, int] = {}
        self._beyond: dict[Key, _Beyond] = {}

    # -- the states -------------------------------------------------------------------------

    def mark_as_sent(self, room: str, seq: int) -> None:
        """Take note that a message is in the database, perhaps before the hub has heard of it."""
        if (self._hub.head_of(room) or 0) < seq:
            self._heads[room] = max(seq, self._heads.get(room, 0))

    def mark_as_delivered(self, session: Session, room: str, seq: int) -> None:
        """Take a session's word that its device holds everything up to ``seq``, from 1.

        Raises:
            PermissionDenied: its user is no member of the room.
        """
        self._claim(session, room, delivered_seq=seq, read_seq=0)

    def mark_as_read(self, session: Session, room: str, seq: int) -> None:
        """Take a session's word that everything up to ``seq``, from 1, was received and seen.

        Raises:
            PermissionDenied: its user is no member of the room.
        """
        self._claim(session, room, delivered_seq=seq, read_seq=seq)

    @staticmethod
    def get_status_icon(status: Status) -> Look:
        """Return how a state is shown: its drawing, in which colour, and what it is called."""
        return status.look

    def broadcast_status_update(self, event: WatermarksAdvanced) -> None:
        """Have those connected here told of watermarks that went up, as far as it concerns them."""
        self._pusher.hear(event.advances)
        self._reporter.confirm(event.advances)

    # -- claims -----------------------------------------------------------------------------

    def _claim(self, session: Session, room: str, *, delivered_seq: int, read_seq: int) -> None:
        seat = session.seats.get(room)
        if seat is None or seat.until is not None:
            raise PermissionDenied
        self._hub.journey.claimed(
            room, session.user, delivered_seq=delivered_seq, read_seq=read_seq
        )
        receipt = Receipt(
            room=room,
            user=session.user,
            delivered_seq=delivered_seq,
            read_seq=read_seq,
            at_ms=round(self._clock.now().timestamp() * 1000),
            session=session.id,
            is_private=session.is_private is not False,
        )
        is_member = _is_given(seat)
        if is_member and delivered_seq <= self._known_head(room):
            self._report_once(seat, receipt)
        else:
            self._let_wait(session, receipt, is_member=is_member)

    def _report_once(self, seat: Seat, receipt: Receipt) -> None:
        """Report a claim unless it repeats what this session has claimed lately."""
        now_s = self._clock.monotonic()
        if now_s >= seat.claimed_until_s:
            seat.claimed, seat.claimed_until_s = NO_CLAIMS, now_s + REPEAT_AFTER_S
        if not seat.claimed.covers(receipt):
            seat.claimed = seat.claimed.merged(Claims.of(receipt))
            self._reporter.report(receipt)

    def _let_wait(self, session: Session, receipt: Receipt, *, is_member: bool) -> None:
        """Keep a claim until heads were read; of one member what their claims come to."""
        key, claims = (receipt.room, receipt.user), Claims.of(receipt)
        before = self._beyond.get(key)
        if before is not None:
            claims = before.claims.merged(claims)
            is_member = is_member or before.is_member
        self._beyond[key] = _Beyond(claims, session, is_member)
        BEYOND_HEAD.set(len(self._beyond))

    # -- heads ------------------------------------------------------------------------------

    def waiting_rooms(self) -> set[str]:
        """Return the rooms whose heads are to be read, perhaps because nobody is there any more."""
        return {room for room, _ in self._beyond}

    def on_heads(self, heads: Iterable[Head]) -> None:
        """Judge what waits by heads of this process' rooms, read from the database just now.

        What is beyond its head may have been claimed after the reading began: it is cut at the
        second one.
        """
        last_seqs = {head.room: head.last_seq for head in heads}
        for room, last_seq in last_seqs.items():
            self.mark_as_sent(room, last_seq)
        self._heads = {room: seq for room, seq in self._heads.items() if self._is_ahead(room, seq)}
        waiting, self._beyond = self._beyond, {}
        for key, beyond in waiting.items():
            last_seq = max(last_seqs.get(key[0], 0), self._known_head(key[0]))
            if not self._judge(key, beyond, last_seq):
                self._beyond[key] = beyond
        BEYOND_HEAD.set(len(self._beyond))

    def _judge(self, key: Key, beyond: _Beyond, last_seq: int) -> bool:
        """Decide about claims beyond the head; False where they are to wait on."""
        seat = beyond.session.seats.get(key[0])
        is_member = beyond.is_member or _is_given(seat)
        if not is_member and seat is not None and seat.until is None:
            return False
        if is_member and beyond.claims.delivered_seq > last_seq and not beyond.compared:
            beyond.compared = True
            return False
        if is_member:
            for receipt in beyond.claims.clamped(last_seq).receipts:
                self._reporter.report(receipt)
        return True

    def _known_head(self, room: str) -> int:
        return max(self._hub.head_of(room) or 0, self._heads.get(room, 0))

    def _is_ahead(self, room: str, seq: int) -> bool:
        head = self._hub.head_of(room)
        return head is not None and head < seq


def _is_given(seat: Seat | None) -> bool:
    return seat is not None and seat.version is not None and seat.until is None
