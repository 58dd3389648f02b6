"""One receipts process, put together: every part is made here and handed to those who use it."""

import asyncio
import platform
from collections.abc import Callable, Sequence

import structlog

from libs.common.clock import SystemClock
from libs.common.database import DatabaseThreads
from libs.common.events import Advance
from libs.common.internal_port import Check, InternalServer
from libs.common.loop_lag import SELDOM_S, LoopLag
from libs.common.outbox import Announcer, Relay
from libs.common.outbox.safe_point import safe_point_mover
from libs.common.outbox.watch import watch_outbox
from libs.common.postgres import CannotConnect, ConnectionLost
from libs.common.rates.keyed import KeyedLimit
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.redis_room import watch_room
from libs.common.streams.epoch import Epoch
from libs.common.streams.group import GroupLoop
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import stream_key
from libs.common.streams.publisher import Publisher
from libs.common.streams.repair import Repair
from libs.common.streams.snapshots_wanted import SnapshotsWanted
from libs.common.streams.trimming import Trimmer
from libs.common.tasks import TaskSet
from libs.common.tokens import Verifier
from services.receipts.actions.fold import OUTAGES, Folder
from services.receipts.actions.lag import LagJudge
from services.receipts.actions.log_upkeep import LogUpkeep
from services.receipts.actions.reconcile import ChatAsked, HourlyReconcile, Reconciler
from services.receipts.outbox.left_over import delete_rows, publish_some
from services.receipts.outbox.news import advanced
from services.receipts.outbox.repair import Retelling
from services.receipts.selectors.rooms import any_room_is_known
from services.receipts.settings import ReceiptsSettings
from services.receipts.store import (
    CHAT_EVENTS,
    CHAT_REQUESTS,
    CHAT_ROOMS,
    GROUP,
    QUEUE_REQUESTS,
    REPAIR,
    STREAMS,
)
from services.receipts.subscribers import handlers
from services.receipts.subscribers.requests import telling

FLUSH_WITHIN_S = 2.0
"""How long news that are committed may take to get out when the process stops."""
OPTIONS = {
    # One entry may hold a hundred rooms, each of which is a transaction, and all have to be done
    # long before another process would claim them.
    CHAT_ROOMS: GroupOptions(batch=20),
    # There is one of each transaction of the writer, and nobody's ticks hang on them.
    CHAT_EVENTS: GroupOptions(every_s=0.1),
}
"""Of the streams that are not read with the usual options."""
CLOSE_WITHIN_S = 1.0
"""How long threads may still work for the database then."""

log = structlog.get_logger(__name__)


class Process:
    """All parts of one receipts process. ``start`` and ``stop`` belong around the server's life."""

    def __init__(self, settings: ReceiptsSettings) -> None:
        self._settings = settings
        self._partitions = settings.stream_partitions
        self.clock = SystemClock()
        self.database = DatabaseThreads(settings.database_threads, clock=self.clock)
        self.verifier = Verifier(settings.token_verify_keys, clock=self.clock)
        self.requests = KeyedLimit(
            self.clock, per_s=settings.user_requests_per_s, burst=settings.user_requests_burst
        )
        self.hot = connect_hot(str(settings.redis_url))
        self.blocking = connect_blocking(str(settings.redis_url))
        self.publisher = Publisher(self.hot, STREAMS, clock=self.clock)
        self.announcer = Announcer(
            publisher=self.publisher, database=self.database, delete=delete_rows
        )
        self.relay = Relay(
            publisher=self.publisher,
            database=self.database,
            publish_some=lambda publish: publish_some(publish, partitions=self._partitions),
        )
        self.folder = Folder(
            dsn=str(settings.database_url),
            clock=self.clock,
            on_advanced=self._announce,
            take_published=self.announcer.take_published,
            put_back_published=self.announcer.put_back_published,
        )
        self._make_repair()
        self.lag_judge = LagJudge(
            dsn=str(settings.database_url), clock=self.clock, on_judged=self.relay.poke
        )
        self.log_upkeep = LogUpkeep(self.database, keep_days=settings.keep_log_days)
        self.wanted = SnapshotsWanted(
            service=GROUP,
            stream=CHAT_REQUESTS,
            publisher=self.publisher,
            database=self.database,
            any_room_is_known=any_room_is_known,
        )
        ask = ChatAsked(self.blocking, self.publisher, clock=self.clock)
        self.reconcile = HourlyReconcile(
            Reconciler(self.database, ask=ask), redis=self.hot, clock=self.clock
        )
        self.loops = self._make_loops()
        self.internal = InternalServer(
            settings.host, settings.internal_port, self._checks(), clock=self.clock
        )
        self._tasks = TaskSet()
        self._serving = False

    def _make_repair(self) -> None:
        """Make what tells again what readers of our streams may have missed, and what trims them."""
        mover = safe_point_mover(
            redis=self.blocking,
            streams=STREAMS,
            partitions=self._partitions,
            database=self.database,
            clock=self.clock,
            healthy_life=lambda: self.repair.healthy_life(),
        )
        self.retelling = Retelling(
            publisher=self.publisher, database=self.database, partitions=self._partitions
        )
        self.repair = Repair(
            redis=self.blocking,
            keys=REPAIR,
            teller=self.retelling,
            epoch=Epoch(self.blocking),
            while_healthy=mover.move,
        )
        self.trimmer = Trimmer(
            self.blocking,
            list(STREAMS.values()),
            partitions=self._partitions,
            on_cut_off=lambda key: self.repair.ask(f"cut-off/{key}"),
        )

    def _start_loops(self) -> None:
        for loop in self.loops:
            loop.start()

    def _make_loops(self) -> list[GroupLoop]:
        """Make what reads the streams of chat, and of the queue."""
        consumer = f"{platform.node()}:{self._settings.port}"
        asked = GroupLoop(
            self.blocking,
            stream_key(QUEUE_REQUESTS),
            GROUP,
            telling(
                tell_members=self.retelling.tell_members,
                tell_all_laggards=self.retelling.tell_all_laggards,
            ),
            consumer=consumer,
            clock=self.clock,
            breaker=self.database.breaker,
        )
        return [
            asked,
            *(
                GroupLoop(
                    self.blocking,
                    stream_key(name, partition),
                    GROUP,
                    handler,
                    consumer=consumer,
                    clock=self.clock,
                    breaker=self.folder.breaker,
                    outages=(CannotConnect, ConnectionLost, *OUTAGES),
                    on_cut_off=self.wanted.missed,
                    options=OPTIONS.get(name),
                )
                for name, handler in handlers(self.folder).items()
                for partition in range(1 if name == CHAT_ROOMS else self._partitions)
            ),
        ]

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work; nothing has to be reachable yet.

        Args:
            on_failure: called when a part ended that must not: the process is of no use then.
        """
        parts = {
            "loop-lag": LoopLag(self.clock, every_s=SELDOM_S).run(),
            "announcer": self.announcer.run(),
            "outbox-sweeper": self.announcer.delete_published_now_and_then(),
            "relay": self.relay.run(),
            "outbox-watch": watch_outbox(self.database),
            "lag-judge": self.lag_judge.run(),
            "log-upkeep": self.log_upkeep.run(),
            "reconcile": self.reconcile.run(),
            "repair": self.repair.run(),
            "trimmer": self.trimmer.run(),
            "redis-room": watch_room(self.blocking),
            "readers": self.wanted.run(then=self._start_loops),
        }
        for name, work in parts.items():
            self._tasks.spawn_forever(work, name=name, on_end=on_failure)
        await self.internal.start()
        self._serving = True
        log.info("receipts_started")

    async def begin_to_stop(self) -> None:
        """Tell that no new requests are wanted."""
        self._serving = False

    async def stop(self) -> bool:
        """Finish what is in hand, then let go of everything; tell whether that succeeded."""
        self._serving = False
        await asyncio.gather(*(loop.stop() for loop in self.loops))
        await self.announcer.flush(FLUSH_WITHIN_S)
        await self._tasks.stop()
        await self.publisher.drain()
        await self.internal.stop()
        await self.hot.aclose()
        await self.blocking.aclose()
        self.folder.close()
        idle = await self.database.close(CLOSE_WITHIN_S)
        log.info("receipts_stopped", idle=idle)
        return idle

    def _announce(self, row: int, advances: Sequence[Advance]) -> None:
        self.announcer.announce(row, advanced(advances, partitions=self._partitions))

    def _checks(self) -> dict[str, Check]:
        async def serving() -> str | None:
            return None if self._serving else "not started, or stopping"

        return {"process": serving}
