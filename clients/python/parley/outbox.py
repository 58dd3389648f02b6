"""Messages on their way: what to send now, what to repeat, what to give up.

Each message keeps the client_id it was given before its first try, so a repetition can never make
a second one. A room's messages go out in the order in which they were added, and while one of them
waits to be repeated those added later wait behind it. Sends are paced by the limits of
``welcome``: a well-behaved client meets ``rate_limited`` rarely.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clients.python.parley.commands import Command, Retry, SendMessage
from clients.python.parley.errors import NotAcknowledged, ParleyError, RateLimited
from clients.python.parley.pace import Pace

ANSWER_WITHIN_S = 10.0
"""A try without an answer for so long is repeated; its outcome is unknown."""

BACKOFF_BASE_S = 0.25
BACKOFF_LIMIT_S = 8.0
"""Bounds of the pause before a repetition; it doubles from one to the other, times 0.5…1."""

MAX_ATTEMPT = 3
"""The highest ``attempt`` that a ``retry`` frame may carry."""


def new_client_id() -> str:
    """Make the id that a message keeps for ever."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it has a seq."""

    room: str
    content: str
    reply_to: int | None = None
    client_id: str = field(default_factory=new_client_id)

    def is_for(self, room: str, client_id: str) -> bool:
        """Whether this became the message with ``client_id``; a UUID in either case."""
        return self.room == room and self.client_id.lower() == client_id.lower()


@dataclass(slots=True)
class Pending:
    """A draft without an answer yet.

    Attributes:
        number: its place among all drafts of this device; also the ``ref`` of its frames.
        deadline: when its sender stops waiting, in monotonic seconds.
        tries: on the present connection.
        refusals: retriable ones, over all connections; they lengthen the backoff.
        due: when to send it (waiting) or to stop waiting for an answer (in flight).
    """

    number: int
    draft: Draft
    deadline: float
    tries: int = 0
    refusals: int = 0
    due: float = 0.0
    cause: ParleyError | None = None

    @property
    def ref(self) -> str:
        """What the answers to its frames repeat."""
        return f"m{self.number}"

    def frame(self) -> Command:
        """Write the next try."""
        draft = self.draft
        if self.tries == 0:
            return SendMessage(
                room=draft.room,
                client_id=draft.client_id,
                content=draft.content,
                reply_to=draft.reply_to,
                ref=self.ref,
            )
        return Retry(
            room=draft.room,
            client_id=draft.client_id,
            content=draft.content,
            reply_to=draft.reply_to,
            ref=self.ref,
            attempt=min(self.tries, MAX_ATTEMPT),
        )


class Outbox:
    """All pending messages of one device.

    Args:
        random: returns a float in [0, 1); the jitter of the backoff.
        pace: how fast to send.
    """

    def __init__(self, *, random: Callable[[], float], pace: Pace) -> None:
        self._random = random
        self._pace = pace
        self._last_number = 0
        self._waiting: dict[str, Pending] = {}
        self._in_flight: dict[str, Pending] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_flight)

    def add(self, draft: Draft, *, now: float, deadline: float) -> Pending:
        """Queue a draft; ``due`` returns its first frame. The same client_id may be added twice."""
        self._last_number += 1
        pending = Pending(self._last_number, draft, deadline, due=now)
        self._waiting[pending.ref] = pending
        return pending

    def due(self, now: float) -> list[Command]:
        """Return the frames to send now, in order; they count as sent. Only while connected."""
        self._suspect_silence(now)
        frames = []
        for pending in list(self._sendable(now)):
            frames.append(pending.frame())
            pending.tries += 1
            pending.due = now + ANSWER_WITHIN_S
            self._in_flight[pending.ref] = self._waiting.pop(pending.ref)
        return frames

    def acknowledged(self, ref: str | None, *, room: str, client_id: str) -> list[Pending]:
        """Take out what is answered: the one with ``ref``, or without one, all of the client_id."""
        if ref is not None:
            pending = self._pop(ref)
            return [pending] if pending else []
        both = (*self._waiting.values(), *self._in_flight.values())
        same = [pending for pending in both if pending.draft.is_for(room, client_id)]
        return [pending for pending in same if self._pop(pending.ref)]

    def refused(self, ref: str, error: ParleyError, *, now: float) -> Pending | None:
        """Take in an ``error``: plan a repetition, or return what failed for good."""
        pending = self._pop(ref)
        if pending is None or not error.retriable:
            return pending
        if isinstance(error, RateLimited):
            self._pace.pause(until=now + (error.retry_after_s or 0.0))
        backoff_s = min(BACKOFF_BASE_S * 2.0**pending.refusals, BACKOFF_LIMIT_S)
        pause_s = max(backoff_s * (0.5 + self._random() / 2), error.retry_after_s or 0.0)
        pending.refusals += 1
        pending.cause = error
        pending.due = now + pause_s
        self._waiting[pending.ref] = pending
        self._sort()
        return None

    def disconnected(self, now: float) -> None:
        """Plan everything that was in flight anew: as ``message``, in the old order."""
        self._waiting.update(self._in_flight)
        self._in_flight.clear()
        for pending in self._waiting.values():
            pending.tries = 0
            pending.due = now
        self._sort()

    def expired(self, now: float) -> list[tuple[Pending, NotAcknowledged]]:
        """Take out what was not acknowledged before its deadline; its outcome is unknown."""
        both = (*self._waiting.values(), *self._in_flight.values())
        late = [pending for pending in both if pending.deadline <= now]
        for pending in late:
            self._pop(pending.ref)
        return [(p, NotAcknowledged(p.draft.client_id, cause=p.cause)) for p in late]

    def forget(self, ref: str) -> None:
        """Send a draft no more; one that is in flight may still be stored."""
        self._pop(ref)

    def _sendable(self, now: float) -> Iterator[Pending]:
        blocked: set[str] = set()
        for pending in self._waiting.values():
            if pending.draft.room in blocked:
                continue
            if pending.due > now:
                blocked.add(pending.draft.room)
            elif not self._pace.spend(now):
                return
            else:
                yield pending

    def _suspect_silence(self, now: float) -> None:
        """Move tries that had no answer for too long back; the oldest stand first."""
        silent = []
        for pending in self._in_flight.values():
            if pending.due > now:
                break
            silent.append(pending)
        for pending in silent:
            self._waiting[pending.ref] = self._in_flight.pop(pending.ref)
        if silent:
            self._sort()

    def _sort(self) -> None:
        by_number = sorted(self._waiting.values(), key=lambda pending: pending.number)
        self._waiting = {pending.ref: pending for pending in by_number}

    def _pop(self, ref: str) -> Pending | None:
        return self._waiting.pop(ref, None) or self._in_flight.pop(ref, None)
