"""A lane without PostgreSQL: it keeps messages in lists, and refuses what it is told to refuse."""

import datetime as dt
from collections.abc import Callable, Sequence

import psycopg2

from services.chat.domain.drafts import Draft, Run, Stored, Written
from services.chat.writer.batch import Outcome, RoomLocked

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class SerializationFailure(psycopg2.Error):
    """What PostgreSQL says where two transactions met."""

    pgcode = "40001"


class FakeLane:
    """Writes batches as ``send_messages`` does.

    Attributes:
        stored: the messages of each room, by seq.
        locked: rooms that somebody else holds.
        poison: contents that cannot be stored.
        before: called before each call with its number, from 1; what it raises is the outcome.
        calls: the contents of each call.
    """

    def __init__(self) -> None:
        self.stored: dict[str, list[Draft]] = {}
        self.locked: set[str] = set()
        self.poison: set[str] = set()
        self.before: Callable[[int], None] = lambda _: None
        self.calls: list[list[str]] = []

    async def write(
        self, drafts: Sequence[Draft], *, wait: bool, published: Sequence[int]
    ) -> tuple[list[Outcome], Written | None]:
        """Write a batch, or nothing of it."""
        assert len({draft.key for draft in drafts}) == len(drafts)
        self.calls.append([draft.content for draft in drafts])
        self.before(len(self.calls))
        if self.poison.intersection(draft.content for draft in drafts):
            raise ValueError("NUL")
        if wait and self.locked.intersection(draft.room for draft in drafts):
            raise SerializationFailure
        results: list[Outcome] = [self._outcome(draft) for draft in drafts]
        runs: dict[str, Run] = {}
        for draft, result in zip(drafts, results, strict=True):
            if isinstance(result, Stored) and not result.duplicate:
                run = runs.setdefault(draft.room, Run(draft.room, 1, result.seq, AT, []))
                run.drafts.append(draft)
        return results, Written(len(self.calls), list(runs.values())) if runs else None

    def _outcome(self, draft: Draft) -> Outcome:
        room = self.stored.setdefault(draft.room, [])
        for seq, known in enumerate(room, start=1):
            if known.key == draft.key:
                return Stored(draft.room, seq, AT, duplicate=True)
        if draft.room in self.locked:
            return RoomLocked()
        room.append(draft)
        return Stored(draft.room, len(room), AT)
