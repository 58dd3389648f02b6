"""One queue process, put together: every part is made here and handed to those who use it.

It keeps nothing in memory: what waits stands in PostgreSQL, with the time at which it is due, and
any number of processes share the work.
"""

import asyncio
import platform
from collections.abc import Callable

import structlog

from libs.common.clock import SystemClock
from libs.common.database import DatabaseThreads
from libs.common.internal_port import Check, InternalServer
from libs.common.loop_lag import SELDOM_S, LoopLag
from libs.common.outbox import Relay
from libs.common.outbox.watch import watch_outbox
from libs.common.rates.keyed import KeyedLimit
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.redis_room import watch_room
from libs.common.streams.epoch import Epoch
from libs.common.streams.group import GroupLoop, OnCutOff
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import stream_key
from libs.common.streams.publisher import Publisher
from libs.common.streams.snapshots_wanted import SnapshotsWanted
from libs.common.streams.trimming import Trimmer
from libs.common.tasks import TaskSet
from libs.common.tokens import Verifier
from services.queue.actions.epochs import EpochWatch
from services.queue.actions.incoming import LagNews
from services.queue.actions.rounds import Rounds, Submitter
from services.queue.actions.upkeep import Upkeep
from services.queue.actions.web_push.pushing import WebPushing
from services.queue.outbox.endings import publish_some
from services.queue.outbox.lag_wanted import LagWanted
from services.queue.selectors.waiting import any_room_is_known
from services.queue.settings import QueueSettings
from services.queue.store import (
    CHAT_REQUESTS,
    CHAT_ROOMS,
    CHAT_SESSIONS,
    CHAT_SUBMITTED,
    GROUP,
    RECEIPTS_LAG,
    STREAMS,
)
from services.queue.subscribers import Hearers, handlers

ROOMS = GroupOptions(batch=20)
"""Entries about rooms that are handled together: one may hold a hundred rooms."""
SOON = GroupOptions(claim_after_ms=5_000, upkeep_every_s=2.0)
"""What another replica has in hand and does not get done is taken over soon: somebody waits for it.
Done twice it does no harm."""
CLOSE_WITHIN_S = 1.0
"""How long threads may still work for the database when the process stops."""

log = structlog.get_logger(__name__)


class Process:
    """All parts of one queue process. ``start`` and ``stop`` belong around the server's life."""

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings
        self.clock = SystemClock()
        self.database = DatabaseThreads(settings.database_threads, clock=self.clock)
        self.verifier = Verifier(settings.token_verify_keys, clock=self.clock)
        self.requests = KeyedLimit(
            self.clock, per_s=settings.user_requests_per_s, burst=settings.user_requests_burst
        )
        self.hot = connect_hot(str(settings.redis_url))
        self.blocking = connect_blocking(str(settings.redis_url))
        self.publisher = Publisher(self.hot, STREAMS, clock=self.clock)
        self.relay = Relay(
            publisher=self.publisher, database=self.database, publish_some=publish_some
        )
        submitter = Submitter(publisher=self.publisher, database=self.database, clock=self.clock)
        self.submissions = Rounds("submissions", submitter.submit_some)
        self.offers = Rounds("offers", submitter.offer_some)
        self.upkeep = Upkeep(database=self.database, clock=self.clock)
        self.vapid = settings.vapid
        self.web_push: WebPushing | None = None
        if self.vapid is not None:
            self.web_push = WebPushing(
                clock=self.clock, rules=settings.endpoint_rules, vapid=self.vapid
            )
        self._make_repair()
        self.trimmer = Trimmer(self.blocking, list(STREAMS.values()), partitions=1)
        # The rest at once, rooms once it is known what is missing.
        self.loops = self._make_loops()
        self.internal = InternalServer(
            settings.host, settings.internal_port, self._checks(), clock=self.clock
        )
        self._tasks = TaskSet()
        self._serving = False

    def _make_repair(self) -> None:
        """Make what asks for, and does, again what may have been lost with Redis."""
        self.wanted = SnapshotsWanted(
            service=GROUP,
            stream=CHAT_REQUESTS,
            publisher=self.publisher,
            database=self.database,
            any_room_is_known=any_room_is_known,
        )
        self.lag_wanted = LagWanted(
            publisher=self.publisher, database=self.database, clock=self.clock
        )
        self.epoch_watch = EpochWatch(
            epoch=Epoch(self.blocking),
            database=self.database,
            clock=self.clock,
            on_epoch=self._on_epoch,
        )

    def _make_loops(self) -> dict[str, GroupLoop]:
        """Make what reads the streams of chat and receipts, by the names of those."""
        hearers = Hearers(
            on_opened=self.offers.poke, on_settled=self._on_settled, on_lag=self._on_lag
        )
        handled = handlers(self.database, self.clock, hearers)
        # What was missed of sessions comes with the next list of each process; what was missed of
        # outcomes with those of the next submissions.
        cut_off: dict[str, OnCutOff] = {
            CHAT_ROOMS: self.wanted.missed,
            RECEIPTS_LAG: lambda _: self.lag_wanted.everybody(),
        }
        return {
            name: GroupLoop(
                self.blocking,
                stream_key(name),
                GROUP,
                handled[name],
                consumer=f"{platform.node()}:{self._settings.port}",
                clock=self.clock,
                breaker=self.database.breaker,
                on_cut_off=cut_off.get(name),
                options=ROOMS if name == CHAT_ROOMS else SOON,
            )
            for name in (CHAT_ROOMS, CHAT_SESSIONS, CHAT_SUBMITTED, RECEIPTS_LAG)
        }

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work; nothing has to be reachable yet.

        Args:
            on_failure: called when a part ended that must not: the process is of no use then.
        """
        parts = {
            "loop-lag": LoopLag(self.clock, every_s=SELDOM_S).run(),
            "relay": self.relay.run(),
            "outbox-watch": watch_outbox(self.database),
            "submissions": self.submissions.run(),
            "offers": self.offers.run(),
            "upkeep": self.upkeep.run(),
            "lag-wanted": self.lag_wanted.run(),
            "epoch": self.epoch_watch.run(),
            "trimmer": self.trimmer.run(),
            "redis-room": watch_room(self.blocking),
            "rooms": self.wanted.run(then=self.loops[CHAT_ROOMS].start),
            **(self.web_push.parts() if self.web_push else {}),
        }
        for name, work in parts.items():
            self._tasks.spawn_forever(work, name=name, on_end=on_failure)
        for name, loop in self.loops.items():
            if name != CHAT_ROOMS:
                loop.start()
        await self.internal.start()
        self._serving = True
        log.info("queue_started")

    async def begin_to_stop(self) -> None:
        """Tell that no new requests are wanted."""
        self._serving = False

    async def stop(self) -> bool:
        """Finish what is in hand, then let go of everything; tell whether that succeeded."""
        self._serving = False
        await asyncio.gather(*(loop.stop() for loop in self.loops.values()))
        await self._tasks.stop()
        await self.publisher.drain()
        await self.internal.stop()
        await self.hot.aclose()
        await self.blocking.aclose()
        idle = await self.database.close(CLOSE_WITHIN_S)
        if self.web_push is not None:
            idle = await self.web_push.stop(CLOSE_WITHIN_S) and idle
        log.info("queue_stopped", idle=idle)
        return idle

    def _on_settled(self) -> None:
        self.relay.poke()
        self.submissions.poke()

    def _on_lag(self, news: LagNews) -> None:
        if self.web_push is not None:
            self.web_push.moved(members=news.lagging_members(), rooms=news.heads)

    def _on_epoch(self) -> None:
        self.lag_wanted.check()
        self.submissions.poke()

    def _checks(self) -> dict[str, Check]:
        async def serving() -> str | None:
            return None if self._serving else "not started, or stopping"

        return {"process": serving}
