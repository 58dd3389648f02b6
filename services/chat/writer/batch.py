"""A batch of drafts as arguments of ``send_messages``, and its answer as outcomes. No I/O.

Messages are numbered as they came; within a room that is the order of their seqs.
"""

import datetime as dt
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from libs.common.errors import (
    BadFrame,
    ClientIdReused,
    ParleyError,
    PermissionDenied,
)
from libs.common.postgres import plain_array, text_array
from services.chat.domain.drafts import Draft, Run, Stored, Written

SEND_MESSAGES = (
    "select bases, versions, written_at, outbox_id, not_new, verdicts, seqs, created_at"
    " from send_messages(%s, %s, %s, %s, %s, %s, %s, %s)"
)


class Verdict(IntEnum):
    """Why a message was not written now; the numbers are those of ``send_messages``."""

    DUPLICATE = 1
    REUSED = 2
    STRANGER = 3
    LOCKED = 4
    NO_SUCH_REPLY = 5


class RoomLocked(Exception):
    """Somebody else holds the room; nothing was written, and the draft is to be tried again."""


Outcome = Stored | ParleyError | RoomLocked


def arguments(drafts: Sequence[Draft], *, wait: bool, published: Sequence[int]) -> tuple[Any, ...]:
    """Lay out a batch for ``SEND_MESSAGES``.

    Args:
        drafts: at least one, distinct by ``key``, in the order in which they are to be counted.
        wait: whether to wait for locked rooms.
        published: outbox rows to delete in the same transaction.
    """
    rooms = sorted({draft.room for draft in drafts})
    index = {room: position for position, room in enumerate(rooms, start=1)}
    return (
        plain_array(rooms),
        wait,
        plain_array([index[draft.room] for draft in drafts]),
        plain_array([draft.sender for draft in drafts]),
        plain_array([draft.client_id for draft in drafts]),
        text_array([draft.content for draft in drafts]),
        plain_array([draft.reply_to for draft in drafts]),
        plain_array(published),
    )


def outcomes(
    drafts: Sequence[Draft], answer: tuple[Any, ...]
) -> tuple[list[Outcome], Written | None]:
    """Read the answer of ``SEND_MESSAGES``: one outcome a draft, and what is to be announced."""
    bases, versions, written_at, outbox_id, not_new, verdicts, seqs, created_at = answer
    refused: dict[int, Outcome] = {}
    if not_new is not None:
        for place, verdict, seq, at in zip(not_new, verdicts, seqs, created_at, strict=True):
            refused[place] = _judged(drafts[place - 1], Verdict(verdict), seq, at)
    rooms = sorted({draft.room for draft in drafts})
    runs = {
        room: Run(room, version, base + 1, at, [])
        for room, base, version, at in zip(rooms, bases, versions, written_at, strict=True)
        if base is not None
    }
    results: list[Outcome] = []
    for place, draft in enumerate(drafts, start=1):
        outcome = refused.get(place)
        if outcome is None:
            run = runs[draft.room]
            outcome = Stored(draft.room, run.first_seq + len(run.drafts), run.created_at)
            run.drafts.append(draft)
        results.append(outcome)
    if outbox_id is None:
        return results, None
    new = [run for run in runs.values() if run.drafts]
    return results, Written(outbox_id, new)


def _judged(draft: Draft, verdict: Verdict, seq: int | None, at: dt.datetime | None) -> Outcome:
    match verdict:
        case Verdict.REUSED:
            return ClientIdReused()
        case Verdict.STRANGER:
            return PermissionDenied()
        case Verdict.LOCKED:
            return RoomLocked()
        case Verdict.NO_SUCH_REPLY:
            return BadFrame(fields={"reply_to": ["There is no such message in this room."]})
        case Verdict.DUPLICATE:
            if seq is None or at is None:  # pragma: no cover - the function always tells both
                raise TypeError("a duplicate without its seq")
            return Stored(draft.room, seq, at, duplicate=True)
