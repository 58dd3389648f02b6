"""Commits batches through a lane, and gives out what became of each message."""

from collections.abc import Callable, Sequence

import psycopg2
import structlog

from libs.common import metrics, tracing
from libs.common.clock import Clock
from libs.common.errors import BadFrame
from libs.common.postgres import ConnectionLost
from services.chat.domain.drafts import Written
from services.chat.domain.failures import Failure, judge_failure
from services.chat.writer.batch import Outcome, RoomLocked
from services.chat.writer.lane import Lane
from services.chat.writer.waiting import Waiting, WaitingLine

BATCH_SIZES = metrics.histogram(
    "parley_writer_batch_messages", "Messages in one transaction.", buckets=metrics.SIZE_BUCKETS
)

Locked = dict[str, list[Waiting]]
"""By room that somebody else holds: the messages of a batch that wait for it, in order."""

log = structlog.get_logger(__name__)


class Committer:
    """What both lanes of the writer do with a batch.

    Args:
        on_written: told after each COMMIT what is new.
        take_published: gives outbox rows that may go with the next transaction.
        put_back_published: takes them back when that transaction did not commit.
    """

    def __init__(
        self,
        line: WaitingLine,
        *,
        clock: Clock,
        on_written: Callable[[Written], None],
        take_published: Callable[[], list[int]],
        put_back_published: Callable[[Sequence[int]], None],
    ) -> None:
        self._line = line
        self._clock = clock
        self._on_written = on_written
        self._take_published = take_published
        self._put_back_published = put_back_published

    async def write(self, lane: Lane, batch: Sequence[Waiting], *, wait: bool) -> None:
        """Write a batch and give out its outcomes; one that fails on data is halved.

        Raises: as ``Lane.write``. Those of the batch that are not done have no outcome then.
        """
        locked: Locked = {}
        await self._write(lane, batch, locked, wait=wait)
        self._follow_locks(batch, locked)

    async def _write(
        self, lane: Lane, batch: Sequence[Waiting], locked: Locked, *, wait: bool
    ) -> None:
        """Write a part of a batch; what belongs to a room found locked is added to ``locked``."""
        tried = _without_locked(batch, locked)
        if not tried:
            return
        try:
            with tracing.begin("commit", _causes(tried), messages=len(tried)):
                results, written = await self._call(lane, tried, wait=wait)
                if written is not None:
                    self._on_written(written)
        except (psycopg2.Error, ValueError) as error:
            if judge(error) is not Failure.DATA:
                raise
            await self._halve(lane, tried, locked, error, wait=wait)
            return
        for waiting, result in zip(tried, results, strict=True):
            if isinstance(result, RoomLocked):
                locked.setdefault(waiting.draft.room, []).append(waiting)
            else:
                self._line.settle(waiting, result)

    async def _call(
        self, lane: Lane, batch: Sequence[Waiting], *, wait: bool
    ) -> tuple[list[Outcome], Written | None]:
        published = self._take_published()
        BATCH_SIZES.observe(len(batch))
        drafts = [waiting.draft for waiting in batch]
        for waiting in batch:
            waiting.in_call = True
        try:
            return await lane.write(drafts, wait=wait, published=published)
        except BaseException as error:
            self._put_back_published(published)
            for waiting in batch:
                waiting.attempted |= isinstance(error, ConnectionLost)
            raise
        finally:
            for waiting in batch:
                waiting.in_call = False

    async def _halve(
        self,
        lane: Lane,
        batch: Sequence[Waiting],
        locked: Locked,
        error: Exception,
        *,
        wait: bool,
    ) -> None:
        """Find the message that cannot be stored, and let the others through in order."""
        if len(batch) == 1:
            log.warning("message_cannot_be_stored", error=type(error).__name__)
            self._line.settle(
                batch[0], BadFrame(fields={"content": ["The database cannot store this message."]})
            )
            return
        middle = len(batch) // 2
        await self._write(lane, batch[:middle], locked, wait=wait)
        await self._write(lane, batch[middle:], locked, wait=wait)

    def _follow_locks(self, batch: Sequence[Waiting], locked: Locked) -> None:
        now_s = self._clock.monotonic()
        for room, refused in locked.items():
            self._line.step_aside(room, refused, now_s=now_s)
        for room in {waiting.draft.room for waiting in batch}.difference(locked):
            entry = self._line.locked.get(room)
            if entry is not None and not entry.patient:
                self._line.rejoin(room)


def _causes(batch: Sequence[Waiting]) -> Sequence[tracing.TraceContext | None]:
    """Return where the messages of a batch stand; a lone one in the trace of its client_id."""
    if len(batch) == 1:
        return [batch[0].trace or tracing.of_message(batch[0].draft.client_id)]
    return [waiting.trace for waiting in batch]


def _without_locked(batch: Sequence[Waiting], locked: Locked) -> list[Waiting]:
    """Leave out what belongs to a room found locked: it must not overtake what was refused.

    Likewise what was answered ``timeout`` meanwhile.
    """
    tried: list[Waiting] = []
    for waiting in batch:
        if waiting.done:
            continue
        locked.get(waiting.draft.room, tried).append(waiting)
    return tried


def judge(error: Exception) -> Failure:
    """Say what the failure of a whole batch asks for."""
    if isinstance(error, ValueError):
        return Failure.DATA
    if isinstance(error, psycopg2.Error):
        return judge_failure(error.pgcode or "")
    return Failure.BUG
