"""Tells the receipts service what members claim to have received and read.

Not through the outbox table: claims are many, repeat, and only the greatest counts. They are kept
in memory instead until they are known to have arrived: at most one waiting and one unconfirmed
claim for each member of a room, whatever happens to Redis.
"""

import asyncio
import itertools
from collections.abc import Iterable, Mapping

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import Advance, Receipt, ReceiptsReported
from libs.common.streams.entries import Outgoing, outgoing_by_room
from libs.common.streams.publisher import Publisher
from services.chat.domain.claims import NO_CLAIMS, Claims, Key
from services.chat.domain.pressure import AT_EASE, Pressure
from services.chat.outbox.unconfirmed import Unconfirmed
from services.chat.selectors.receipts import known_marks_of, private_readers_among
from services.chat.store import CHAT_RECEIPTS

RECEIPTS_PER_EVENT = 1000
"""Claims in one event, which is some 180 KB then."""
TURN_MEMBERS = 4000
"""Members whose claims are published at once; the rest follows with those that come next."""
RETRY_AFTER_S = 0.1
LONGEST_RETRY_S = 1.0
"""Pauses while Redis, or the database, is away: the first, and the longest."""
SWEEP_EVERY_S = 10.0
QUERY_MEMBERS = 2000
"""Members that one question of the sweep is about."""

TAKEN = metrics.counter("parley_claims_taken", "Claims of members that were accepted.")
MERGED = metrics.counter(
    "parley_claims_merged", "Accepted claims that went out as part of another one, or already had."
)
PUBLISHED = metrics.counter("parley_claims_published", "Claims that Redis has taken.")
WAITING = metrics.gauge("parley_claims_waiting", "Members with a claim that Redis has not taken.")
TOLD_AGAIN = metrics.counter(
    "parley_claims_told_again", "Claims that went out once more, for a new epoch of Redis."
)

log = structlog.get_logger(__name__)


class Reporter:
    """One per process; ``report`` never waits and never fails.

    Args:
        publisher: writes to the streams.
        database: knows who reads privately, and which claims have arrived.
        clock: measures how old claims are.
        partitions: of the streams.
        pressure: says how long the first claim waits for company.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        database: DatabaseThreads,
        clock: Clock,
        partitions: int,
        pressure: Pressure = AT_EASE,
    ) -> None:
        self._pressure = pressure
        self._publisher = publisher
        self._database = database
        self._clock = clock
        self._partitions = partitions
        self._waiting: dict[Key, Claims] = {}
        self._flying: dict[Key, Claims] = {}
        self._unconfirmed = Unconfirmed(clock=clock)
        self._epochs = 0
        self._pause_s = RETRY_AFTER_S
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def report(self, receipt: Receipt) -> None:
        """Publish a claim soon; of several of one member what they come to.

        Who calls has judged that it is a member, and that the messages exist.
        """
        if receipt.delivered_seq < 1:
            return
        TAKEN.inc()
        key = (receipt.room, receipt.user)
        waiting = self._waiting.get(key)
        if waiting is not None:
            MERGED.inc()
            self._waiting[key] = waiting.merged(Claims.of(receipt))
        elif self._is_on_its_way(key, receipt):
            MERGED.inc()
        else:
            self._let_wait({key: Claims.of(receipt)})

    def confirm(self, advances: Iterable[Advance]) -> None:
        """Forget the claims that these advances have reached."""
        for advance in advances:
            key = (advance.room, advance.user)
            self._unconfirmed.confirm(key, advance)
            for claims in (self._waiting, self._flying):
                if key in claims:
                    claims[key] = claims[key].beyond(advance)

    def on_epoch(self) -> None:
        """Publish again whatever is not known to have arrived: Redis may have lost it."""
        self._epochs += 1
        again = self._unconfirmed.take_all()
        TOLD_AGAIN.inc(sum(len(claims.receipts) for claims in again.values()))
        self._let_wait(again)

    async def run(self) -> None:
        """Publish what comes, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._pressure.intervals.receipts_s)
            self._wake.clear()
            await self._publish_waiting()
            if self._waiting:
                self._wake.set()
            else:
                self._idle.set()

    async def flush(self, within_s: float) -> None:
        """Wait until everything is out, at most ``within_s``; clients report the rest again."""
        waiter = asyncio.ensure_future(self._idle.wait())
        await asyncio.wait({waiter}, timeout=within_s)
        waiter.cancel()

    async def sweep_now_and_then(self) -> None:
        """Look up every ``SWEEP_EVERY_S`` what became of old claims, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except ParleyError as error:
                log.info("claims_sweep_waits", code=error.code)
            except Exception:
                log.exception("claims_sweep_bug")

    async def sweep(self) -> None:
        """Forget old claims that the database shows to have arrived, and those that are too old.

        Also those of people who are members no more: nobody waits for them.

        Raises:
            ParleyError: the database did not answer.
        """
        self._unconfirmed.drop_outdated()
        old = self._unconfirmed.old()
        for start in range(0, len(old), QUERY_MEMBERS):
            some = old[start : start + QUERY_MEMBERS]
            marks = await self._database.run(known_marks_of, some)
            for key in some:
                if key in marks:
                    self._unconfirmed.confirm(key, marks[key])
                else:
                    self._unconfirmed.forget(key)

    # -- publishing -----------------------------------------------------------------------------

    async def _publish_waiting(self) -> None:
        """Publish what waits now; a failure is borne, with growing pauses.

        What comes meanwhile is left for later: it is to find company too.
        """
        self._take_off()
        try:
            await self._publish_flying()
        except Exception as error:
            self._land()
            if isinstance(error, ParleyError):
                log.info("claims_wait", code=error.code, members=len(self._waiting))
            else:
                log.exception("claims_bug")
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_RETRY_S)
        else:
            self._pause_s = RETRY_AFTER_S
        WAITING.set(len(self._waiting))

    def _take_off(self) -> None:
        for key in list(itertools.islice(self._waiting, TURN_MEMBERS)):
            self._flying[key] = self._waiting.pop(key)

    def _land(self) -> None:
        """Let what was about to be published wait again, with what has come meanwhile."""
        flown, self._flying = self._flying, {}
        self._let_wait(flown)

    async def _publish_flying(self) -> None:
        """Publish, and expect to hear of it.

        Raises:
            ParleyError: Redis or the database did not take part; some may be out nevertheless.
        """
        epochs = self._epochs
        await self._hide_what_is_private()
        receipts = [each for claims in self._flying.values() for each in claims.receipts]
        await self._publisher.publish(self._outgoing(receipts))
        PUBLISHED.inc(len(receipts))
        if epochs != self._epochs:
            self._land()  # it may have gone to the Redis that is no more
            return
        for key, claims in self._flying.items():
            self._unconfirmed.add(key, claims)
        self._flying = {}

    async def _hide_what_is_private(self) -> None:
        """Ask the database who reads privately.

        Every time: where somebody has just begun to, another process may have been told, and news
        of it may be on their way here.
        """
        users = {user for (_, user), claims in self._flying.items() if claims.shows_reading}
        if not users:
            return
        hidden = await self._database.run(private_readers_among, users)
        for key in [key for key in self._flying if key[1] in hidden]:
            self._flying[key] = self._flying[key].hidden()

    def _outgoing(self, receipts: Iterable[Receipt]) -> list[Outgoing]:
        return outgoing_by_room(
            CHAT_RECEIPTS,
            receipts,
            lambda some: ReceiptsReported(receipts=some),
            partitions=self._partitions,
            at_most=RECEIPTS_PER_EVENT,
        )

    def _let_wait(self, claims: Mapping[Key, Claims]) -> None:
        for key, each in claims.items():
            merged = self._waiting.get(key, NO_CLAIMS).merged(each)
            if merged.receipts:
                self._waiting[key] = merged
        WAITING.set(len(self._waiting))
        if self._waiting:
            self._idle.clear()
            self._wake.set()

    def _is_on_its_way(self, key: Key, receipt: Receipt) -> bool:
        flying = self._flying.get(key)
        if flying is not None and flying.covers(receipt):
            return True
        return self._unconfirmed.covers(key, receipt)
