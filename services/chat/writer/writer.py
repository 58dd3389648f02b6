"""The writer: takes drafts from all sessions of the process and commits them in batches.

An outcome is given only after COMMIT. A call whose answer was lost is repeated as it is, because
its messages carry client_ids: whatever it had written comes back with the seq it has. What is
still unknown at the deadline is answered ``timeout``, never "failed".
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence

import structlog

from libs.common import metrics, tracing
from libs.common.clock import Clock
from libs.common.errors import Internal, ParleyError, Timeout, Unavailable
from libs.common.logs import describe
from libs.common.postgres import CannotConnect, ConnectionLost, link_breaker
from libs.common.tasks import TaskSet
from services.chat.domain.drafts import Draft, Stored, Written
from services.chat.domain.failures import Failure
from services.chat.writer.collecting import collecting_s
from services.chat.writer.committer import Committer, judge
from services.chat.writer.lane import Lane
from services.chat.writer.waiting import BATCH, Reply, Waiting, WaitingLine

DEADLINE_S = 3.0
"""How long a message may wait for its outcome; then ``timeout`` or ``unavailable`` is the answer."""
LOOK_FOR_LATE_S = 0.25
"""How often the deadline is looked at, also while a call is on its way."""
LOCKED_AFTER_S = 0.05
"""How long a locked room is tried again and again before the patient lane waits for its lock."""
GIVE_UP_LOCKED_S = 2.0
"""How long a room may stay locked before its messages are refused."""
RETRY_LOCKED_S = 0.01
"""Pause between two tries of locked rooms when nothing else is to be done."""
RECONNECT_EVERY_S = 0.5
"""How often PostgreSQL is tried while it is down. Bounds how long it stays unnoticed that it is up."""
LANES = 2
"""Calls at the same time: one that never waits for locks, and one that does."""
MAX_WAITING = 4_000
"""Drafts that may wait; above it new ones are refused at once."""
RETRY_AFTER_S = (0.5, 1.5)
"""When somebody who is refused may try again, at random in between: who are refused together must
not come back together."""
REFUSE_AFTER_S = 1.0
"""How long the first of a queue may have waited before new ones are refused at once: they would wait
longer, and who waits for too long sends again."""

COMMIT_SECONDS = metrics.histogram(
    "parley_writer_commit_seconds", "Time from accepting a message to its outcome."
)
OUTCOMES = metrics.counter(
    "parley_writer_outcomes",
    "Messages by outcome: stored, duplicate, or an error code.",
    ["outcome"],
)
STORED, DUPLICATE = OUTCOMES.labels("stored"), OUTCOMES.labels("duplicate")
for failed in (Unavailable, Timeout, Internal):
    OUTCOMES.labels(failed.code)  # from 0, or the first failures would be no increase

log = structlog.get_logger(__name__)


class Writer:
    """One per process.

    Args:
        dsn: chat's database.
        clock: its monotonic side measures deadlines.
        collect_s: how long to collect at least once more than one message waits.
        on_written, take_published, put_back_published: see ``Committer``.
    """

    def __init__(
        self,
        *,
        dsn: str,
        clock: Clock,
        collect_s: float,
        on_written: Callable[[Written], None],
        take_published: Callable[[], list[int]],
        put_back_published: Callable[[Sequence[int]], None],
    ) -> None:
        self._clock = clock
        self._collect_s = collect_s
        self._line = WaitingLine()
        self._committer = Committer(
            self._line,
            clock=clock,
            on_written=on_written,
            take_published=take_published,
            put_back_published=put_back_published,
        )
        self.breaker = link_breaker("postgres-writer", clock=clock, max_concurrent=LANES)
        self._swift = Lane(dsn, breaker=self.breaker)
        self._patient = Lane(dsn, breaker=self.breaker)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._down = False
        self._took_s = 0.0
        self._tasks = TaskSet()

    @property
    def backlog(self) -> int:
        """How many messages have no outcome yet."""
        return len(self._line)

    @property
    def queued_s(self) -> float:
        """For how long the first has waited of more than go into one transaction; else 0.

        A few that wait for long are the fault of something else, not of too much to do.
        """
        oldest_s = self._line.oldest_s
        if oldest_s is None or self._line.ready <= BATCH:
            return 0.0
        return self._clock.monotonic() - oldest_s

    def submit(self, draft: Draft, reply: Reply) -> None:
        """Take a draft; ``reply`` is called once, on the event loop, perhaps before this returns.

        Drafts of one room are written in the order in which they are submitted.
        """
        full = len(self._line) >= MAX_WAITING or self.queued_s >= REFUSE_AFTER_S
        if (self._down or full) and draft not in self._line:
            self._answer_with(reply, _come_back())
            return
        started_s = self._clock.monotonic()
        span = tracing.begin_message(draft.client_id)

        def reply_and_measure(outcome: Stored | ParleyError) -> None:
            COMMIT_SECONDS.observe(self._clock.monotonic() - started_s)
            if span is not None:
                span.end(outcome if isinstance(outcome, ParleyError) else None)
            try:
                self._answer_with(reply, outcome)
            except Exception:
                log.exception("reply_failed")
            if not self.backlog:
                self._idle.set()

        trace = None if span is None else span.context
        self._line.join(draft, reply_and_measure, now_s=started_s, trace=trace)
        self._wake.set()

    async def send(self, draft: Draft) -> Stored:
        """Write one message and wait for COMMIT.

        Raises:
            ParleyError: ``permission_denied``, ``client_id_reused``, ``bad_frame``,
                ``unavailable`` (nothing was written) or ``timeout`` (outcome unknown).
        """
        outcome: asyncio.Future[Stored | ParleyError] = asyncio.get_running_loop().create_future()

        def reply(result: Stored | ParleyError) -> None:
            if not outcome.done():
                outcome.set_result(result)

        self.submit(draft, reply)
        result = await outcome
        if isinstance(result, ParleyError):
            raise result
        return result

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        self._tasks.spawn(self._watch_deadlines(), name="writer-deadlines")
        try:
            while True:
                await self._write_next()
        finally:
            await self._tasks.stop()
            self._swift.disconnect()
            self._patient.disconnect()

    async def flush(self, within_s: float) -> None:
        """Wait until nobody waits any more, at most ``within_s``."""
        if self.backlog:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), within_s)

    async def _write_next(self) -> None:
        await self._something_to_do()
        self._refuse_long_locked()
        if self._line.ready > 1:
            await asyncio.sleep(collecting_s(self._collect_s, took_s=self._took_s))
        batch = self._line.take_batch()
        if not batch:
            return
        began_s = self._clock.monotonic()
        try:
            await self._committer.write(self._swift, batch, wait=False)
        except (CannotConnect, Unavailable) as error:
            log.warning("writer_cannot_connect", error=describe(error))
            self._line.put_back(batch)
            await self._wait_until_up()
        except ConnectionLost as error:
            log.warning("writer_lost_connection", error=str(error), messages=len(batch))
            self._line.put_back(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on; bugs are logged
            await self._bear(batch, error)
        self._took_s = self._clock.monotonic() - began_s
        self._send_patient_one()

    async def _something_to_do(self) -> None:
        if self._line.ready:
            return
        self._wake.clear()
        impatient = any(
            locked.waiting and not locked.patient for locked in self._line.locked.values()
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), RETRY_LOCKED_S if impatient else None)

    def _send_patient_one(self) -> None:
        """Let the patient lane wait for one room that stays locked; the others are tried on.

        Called between two calls of the swift lane, so no two calls ever hold the same room.
        """
        lasting_s = self._clock.monotonic() - LOCKED_AFTER_S
        rooms = self._line.locked.items()
        if any(locked.patient for _, locked in rooms):
            return
        stay_locked = [
            (locked.tried_s, room)
            for room, locked in rooms
            if locked.waiting and locked.since_s < lasting_s
        ]
        if stay_locked:
            room = min(stay_locked)[1]
            self._line.locked[room].patient = True
            self._tasks.spawn(self._wait_for_room(room), name="writer-patient")

    async def _wait_for_room(self, room: str) -> None:
        """Wait once for the lock of a room, and write its messages if it can be had."""
        locked = self._line.locked[room]
        batch, locked.waiting = locked.waiting[:BATCH], locked.waiting[BATCH:]
        failure: Failure | None = None
        try:
            await self._committer.write(self._patient, batch, wait=True)
        except Exception as error:  # noqa: BLE001 - likewise; whoever it meets next bears it
            failure = judge(error)
            if failure is not Failure.REPEAT:
                log.warning("writer_patience_ended", error=repr(error))
        finally:
            locked.waiting[:0] = [waiting for waiting in batch if not waiting.done]
            locked.patient = False
            locked.tried_s = self._clock.monotonic()
            if failure is not Failure.REPEAT or not locked.waiting:
                self._line.rejoin(room)
            self._wake.set()

    async def _bear(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Go on after a refusal of the whole batch; nothing of it was written."""
        self._line.put_back(batch)
        match judge(error):
            case Failure.REPEAT:
                log.info("writer_repeats", error=type(error).__name__)
                await asyncio.sleep(RETRY_LOCKED_S)
            case Failure.DOWN:
                log.warning("writer_refused", error=str(error).strip())
                self._swift.disconnect()
                await self._wait_until_up()
            case _:
                log.error("writer_bug", exc_info=error)
                for waiting in batch:
                    self._line.settle(waiting, Internal())
                self._line.forget_settled()

    async def _wait_until_up(self) -> None:
        """Refuse at once what comes, until PostgreSQL answers; what is unknown stays for later."""
        self._down = True
        try:
            while True:
                self._refuse(
                    [waiting for waiting in self._line.everybody() if not waiting.attempted]
                )
                self._refuse_late()
                await asyncio.sleep(RECONNECT_EVERY_S)
                try:
                    await self._swift.connect()
                except (CannotConnect, Unavailable):
                    continue
                log.info("writer_connected_again")
                return
        finally:
            self._down = False

    def _refuse(self, those: Sequence[Waiting]) -> None:
        """Answer ``unavailable`` to those of whom it is certain that nothing was written."""
        for waiting in list(those):
            if not waiting.attempted:
                self._line.settle(waiting, _come_back())
        self._line.forget_settled()

    def _refuse_long_locked(self) -> None:
        oldest_s = self._clock.monotonic() - GIVE_UP_LOCKED_S
        for locked in list(self._line.locked.values()):
            if locked.since_s < oldest_s:
                self._refuse(locked.waiting)

    async def _watch_deadlines(self) -> None:
        while True:
            await asyncio.sleep(LOOK_FOR_LATE_S)
            self._refuse_late()

    def _refuse_late(self) -> None:
        """Answer those whose deadline has passed: ``timeout`` where the outcome is unknown."""
        late = self._line.late(self._clock.monotonic() - DEADLINE_S)
        for waiting in late:
            unknown = waiting.attempted or waiting.in_call
            self._line.settle(waiting, Timeout() if unknown else _come_back())
        if late:
            self._line.forget_settled()

    @staticmethod
    def _answer_with(reply: Reply, outcome: Stored | ParleyError) -> None:
        if isinstance(outcome, ParleyError):
            OUTCOMES.labels(outcome.code).inc()
        else:
            (DUPLICATE if outcome.duplicate else STORED).inc()
        reply(outcome)


def _come_back() -> Unavailable:
    return Unavailable(retry_after_s=random.uniform(*RETRY_AFTER_S))  # noqa: S311 - no secret
