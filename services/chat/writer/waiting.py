"""Who waits for the writer, and in which order. No I/O.

Order within a room is order of arrival, whatever happens: a room that somebody else has locked
steps aside with all its messages, those that come later included, and lets other rooms pass.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from libs.common.errors import ClientIdReused, ParleyError
from libs.common.tracing import TraceContext
from services.chat.domain.drafts import Draft, Stored

Reply = Callable[[Stored | ParleyError], None]
"""Told once what became of a draft. Must not raise."""

BATCH = 256
"""Most messages of one transaction: more save nothing, and all wait for the last."""
PROBE = 16
"""Most messages of a locked room that go along to see whether it is free again."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A draft that has no outcome yet.

    ``attempted``: a call with it may have committed, so its outcome may be *unknown*, never
    *refused*; ``in_call``: it is in such a call now. ``repeats`` are further tries of the same message
    that came meanwhile; ``rivals`` are others under its client_id, which are judged when it is known
    whether this one stands. ``trace`` is where it stands in one, where anybody wants to know.
    """

    draft: Draft
    reply: Reply
    accepted_s: float
    trace: TraceContext | None = None
    attempted: bool = False
    in_call: bool = False
    done: bool = False
    repeats: list[Reply] = field(default_factory=list)
    rivals: "list[Waiting]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class LockedRoom:
    """A room that somebody else has locked.

    ``patient``: the patient lane waits for its lock at present; ``tried_s``: when it last did.
    """

    since_s: float
    waiting: list[Waiting]
    patient: bool = False
    tried_s: float = float("-inf")


class WaitingLine:
    """All drafts without an outcome, each (room, sender, client_id) once."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()
        self._by_key: dict[tuple[str, str, str], Waiting] = {}
        self.locked: dict[str, LockedRoom] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, draft: Draft) -> bool:
        """Whether this message waits already."""
        return draft.key in self._by_key

    @property
    def ready(self) -> int:
        """How many could be written now."""
        return len(self._queue)

    @property
    def oldest_s(self) -> float | None:
        """When the first one was accepted that could be written now; None where none could."""
        return self._queue[0].accepted_s if self._queue else None

    def join(
        self, draft: Draft, reply: Reply, *, now_s: float, trace: TraceContext | None = None
    ) -> None:
        """Let a draft wait; the same message again shares the outcome of the first.

        Another one under the same client_id is refused if that first one is stored. It is not
        refused before: the first may meet in the database what came in through another process.
        """
        first = self._by_key.get(draft.key)
        if first is not None:
            same = (first.draft.content, first.draft.reply_to) == (draft.content, draft.reply_to)
            if same:
                first.repeats.append(reply)
            else:
                first.rivals.append(Waiting(draft, reply, now_s, trace))
            return
        waiting = Waiting(draft, reply, now_s, trace)
        self._by_key[draft.key] = waiting
        locked = self.locked.get(draft.room)
        if locked is None:
            self._queue.append(waiting)
        else:
            locked.waiting.append(waiting)

    def take_batch(self) -> list[Waiting]:
        """Take the next batch: locked rooms first, to see whether they are free again."""
        batch: list[Waiting] = []
        for locked in self.locked.values():
            if not locked.patient and len(batch) < BATCH // 2:
                batch += locked.waiting[:PROBE]
                locked.waiting = locked.waiting[PROBE:]
        while self._queue and len(batch) < BATCH:
            batch.append(self._queue.popleft())
        return batch

    def put_back(self, batch: Iterable[Waiting]) -> None:
        """Let what has no outcome wait again, in front and in the same order."""
        for waiting in reversed([waiting for waiting in batch if not waiting.done]):
            locked = self.locked.get(waiting.draft.room)
            if locked is None:
                self._queue.appendleft(waiting)
            else:
                locked.waiting.insert(0, waiting)

    def step_aside(self, room: str, refused: list[Waiting], *, now_s: float) -> None:
        """Take a locked room out of the line: ``refused`` first, then what came after it."""
        locked = self.locked.get(room)
        if locked is None:
            later = [waiting for waiting in self._queue if waiting.draft.room == room]
            if later:
                self._queue = deque(w for w in self._queue if w.draft.room != room)
            self.locked[room] = LockedRoom(now_s, refused + later)
        else:
            locked.waiting[:0] = refused

    def rejoin(self, room: str) -> None:
        """Let a room that is free again wait with the others, in front."""
        locked = self.locked.pop(room, None)
        if locked is not None:
            self._queue.extendleft(reversed(locked.waiting))

    def settle(self, waiting: Waiting, outcome: Stored | ParleyError) -> None:
        """Tell everybody who waits for this draft; only the first time counts."""
        if waiting.done:
            return
        waiting.done = True
        del self._by_key[waiting.draft.key]
        waiting.reply(outcome)
        repeated = outcome
        if isinstance(outcome, Stored):
            repeated = Stored(outcome.room, outcome.seq, outcome.created_at, duplicate=True)
        for reply in waiting.repeats:
            reply(repeated)
        for rival in waiting.rivals:
            if isinstance(outcome, Stored):
                rival.reply(ClientIdReused())
            else:
                self.join(rival.draft, rival.reply, now_s=rival.accepted_s)

    def late(self, accepted_before_s: float) -> list[Waiting]:
        """Return all, those in a call included, who have waited since before that time."""
        return [each for each in self._by_key.values() if each.accepted_s < accepted_before_s]

    def everybody(self) -> Iterator[Waiting]:
        """Go through all who wait and are in no call at the moment."""
        yield from list(self._queue)
        for locked in self.locked.values():
            yield from list(locked.waiting)

    def forget_settled(self) -> None:
        """Drop those who have their outcome."""
        self._queue = deque(waiting for waiting in self._queue if not waiting.done)
        for room, locked in list(self.locked.items()):
            locked.waiting = [waiting for waiting in locked.waiting if not waiting.done]
            if not locked.waiting and not locked.patient:
                del self.locked[room]
