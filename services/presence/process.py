"""One presence process, put together: every part is made here and handed to those who use it.

It keeps nothing in memory: who is there stands in Redis, and any number of processes share the work.
"""

import asyncio
import platform
from collections.abc import Callable

import structlog

from libs.common.breakers import Breaker
from libs.common.clock import SystemClock
from libs.common.database import DatabaseThreads
from libs.common.internal_port import Check, InternalServer
from libs.common.loop_lag import SELDOM_S, LoopLag
from libs.common.rates.keyed import KeyedLimit
from libs.common.redis_clients import answered, connect_blocking, connect_hot
from libs.common.redis_room import watch_room
from libs.common.streams.epoch import Epoch
from libs.common.streams.group import GroupLoop
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import stream_key
from libs.common.streams.publisher import Publisher
from libs.common.streams.snapshots_wanted import SnapshotsWanted
from libs.common.streams.trimming import Trimmer
from libs.common.tasks import TaskSet
from libs.common.tokens import Verifier
from services.presence.actions.sessions import UserPresenceManager
from services.presence.actions.statuses import StatusWriter
from services.presence.actions.watch import Watch
from services.presence.selectors.people import any_room_is_known
from services.presence.settings import PresenceSettings
from services.presence.store import CHAT_REQUESTS, CHAT_ROOMS, CHAT_SESSIONS, GROUP, STREAMS
from services.presence.store.sessions import SessionStore
from services.presence.subscribers import handlers

SESSIONS = GroupOptions(claim_after_ms=5_000, upkeep_every_s=2.0)
"""What another replica has in hand and does not get done is taken over soon, because nobody tells
anything meanwhile; done twice it does no harm."""
ROOMS = GroupOptions(batch=20)
"""Entries about rooms that are handled together: one may hold a hundred rooms."""
CLOSE_WITHIN_S = 1.0
"""How long threads may still work for the database when the process stops."""
LOOK_WITHIN_S = 0.5
"""How long a request waits for Redis."""

log = structlog.get_logger(__name__)


class Process:
    """All parts of one presence process. ``start`` and ``stop`` belong around the server's life."""

    def __init__(self, settings: PresenceSettings) -> None:
        self._settings = settings
        self.clock = SystemClock()
        self.database = DatabaseThreads(settings.database_threads, clock=self.clock)
        self.verifier = Verifier(settings.token_verify_keys, clock=self.clock)
        self.requests = KeyedLimit(
            self.clock, per_s=settings.user_requests_per_s, burst=settings.user_requests_burst
        )
        self.hot = connect_hot(str(settings.redis_url))
        self.blocking = connect_blocking(str(settings.redis_url))
        self.reading = SessionStore(self.hot)
        self.breaker = Breaker(
            "redis-presence", clock=self.clock, timeout_s=LOOK_WITHIN_S, proves_alive=answered
        )
        self.publisher = Publisher(self.hot, STREAMS, clock=self.clock)
        store = SessionStore(self.blocking)
        self.manager = UserPresenceManager(store=store, database=self.database)
        self.watch = Watch(
            redis=self.blocking,
            store=store,
            publisher=self.publisher,
            database=self.database,
            epoch=Epoch(self.blocking),
            clock=self.clock,
        )
        self.status_writer = StatusWriter(redis=self.blocking, store=store, database=self.database)
        self.wanted = SnapshotsWanted(
            service=GROUP,
            stream=CHAT_REQUESTS,
            publisher=self.publisher,
            database=self.database,
            any_room_is_known=any_room_is_known,
        )
        self.trimmer = Trimmer(self.blocking, list(STREAMS.values()), partitions=1)
        # Sessions need no database: they are read at once, rooms once it is known what is missing.
        self.sessions_loop, self.rooms_loop = self._make_loops()
        self.internal = InternalServer(
            settings.host, settings.internal_port, self._checks(), clock=self.clock
        )
        self._tasks = TaskSet()
        self._serving = False

    def _make_loops(self) -> tuple[GroupLoop, GroupLoop]:
        """Make what reads the streams of chat: of sessions, and of rooms."""
        handled = handlers(self.manager, self.database)
        consumer = f"{platform.node()}:{self._settings.port}"
        sessions, rooms = (
            GroupLoop(
                self.blocking,
                stream_key(name),
                GROUP,
                handled[name],
                consumer=consumer,
                clock=self.clock,
                # Who is there is told without a database; only when they left waits for it.
                breaker=self.database.breaker if name == CHAT_ROOMS else None,
                # What was missed of sessions comes with the next list of each process.
                on_cut_off=self.wanted.missed if name == CHAT_ROOMS else None,
                options=ROOMS if name == CHAT_ROOMS else SESSIONS,
            )
            for name in (CHAT_SESSIONS, CHAT_ROOMS)
        )
        return sessions, rooms

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work; nothing has to be reachable yet.

        Args:
            on_failure: called when a part ended that must not: the process is of no use then.
        """
        parts = {
            "loop-lag": LoopLag(self.clock, every_s=SELDOM_S).run(),
            "watch": self.watch.run(),
            "status-writer": self.status_writer.run(),
            "trimmer": self.trimmer.run(),
            "redis-room": watch_room(self.blocking),
            "rooms": self.wanted.run(then=self.rooms_loop.start),
        }
        for name, work in parts.items():
            self._tasks.spawn_forever(work, name=name, on_end=on_failure)
        self.sessions_loop.start()
        await self.internal.start()
        self._serving = True
        log.info("presence_started")

    async def begin_to_stop(self) -> None:
        """Tell that no new requests are wanted."""
        self._serving = False

    async def stop(self) -> bool:
        """Finish what is in hand, then let go of everything; tell whether that succeeded."""
        self._serving = False
        await asyncio.gather(self.sessions_loop.stop(), self.rooms_loop.stop())
        await self._tasks.stop()
        await self.publisher.drain()
        await self.internal.stop()
        await self.hot.aclose()
        await self.blocking.aclose()
        idle = await self.database.close(CLOSE_WITHIN_S)
        log.info("presence_stopped", idle=idle)
        return idle

    def _checks(self) -> dict[str, Check]:
        async def serving() -> str | None:
            return None if self._serving else "not started, or stopping"

        return {"process": serving}
