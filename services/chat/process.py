"""One chat process, put together: every part is made here and handed to those who use it.

Nothing of it serves by itself: ``asgi`` makes of it what a server runs.
"""

import asyncio
import functools
import platform
import uuid
from collections.abc import Callable, Sequence

import structlog
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from libs.common import metrics
from libs.common.clock import Clock, SystemClock
from libs.common.database import DatabaseThreads
from libs.common.external_tokens import ExternalVerifier
from libs.common.health import Check, InternalServer
from libs.common.outbox import Announcer, Relay
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.streams.epoch import Epoch
from libs.common.streams.group import GroupLoop
from libs.common.streams.names import stream_key
from libs.common.streams.publisher import Publisher
from libs.common.streams.repair import Repair
from libs.common.streams.tail import Tail
from libs.common.streams.trimming import Trimmer
from libs.common.tasks import TaskSet
from libs.common.tokens import Issuer, Verifier
from services.chat.actions.upkeep import Upkeep
from services.chat.actions.watermarks import fold_advances
from services.chat.api.polls import Polls
from services.chat.hub import Hub, SafetyNet, SignInSweep
from services.chat.hub.attendance import Attendance
from services.chat.hub.deliveries import QueueDeliveries
from services.chat.hub.notifier import Notifier
from services.chat.hub.status_pusher import StatusPusher
from services.chat.hub.statuses import MessageStatusManager
from services.chat.outbox import Signals, Snapshots, safe_point_mover
from services.chat.outbox.left_over import delete_rows, publish_some
from services.chat.outbox.receipts import Reporter
from services.chat.outbox.sessions import SessionAnnouncer
from services.chat.outbox.typing import TypingTeller
from services.chat.outbox.written import written_news
from services.chat.selectors.people import deactivated_among
from services.chat.selectors.receipts import private_readers_among
from services.chat.selectors.rooms import Head
from services.chat.settings import ChatSettings
from services.chat.store import (
    CHAT_REQUESTS,
    GROUP,
    QUEUE_SUBMISSIONS,
    RECEIPTS_EVENTS,
    SNAPSHOTS,
    STREAMS,
)
from services.chat.subscribers import ControlListener, Hearers, projection, submissions, tailed
from services.chat.subscribers.requests import answering
from services.chat.writer import Writer

FLUSH_WITHIN_S = 4.0
"""How long messages that were accepted may take to get their outcome when the process stops."""
CLOSE_WITHIN_S = 1.0
"""How long threads may still work for the database then."""

log = structlog.get_logger(__name__)


class Process:
    """All parts of one chat process. ``start`` and ``stop`` belong around the server's life."""

    def __init__(self, settings: ChatSettings) -> None:
        self.clock = SystemClock()
        self.database = DatabaseThreads(settings.database_threads)
        self.hot = connect_hot(str(settings.redis_url))
        self.blocking = connect_blocking(str(settings.redis_url))
        self.publisher = Publisher(self.hot, STREAMS, clock=self.clock)
        partitions = settings.stream_partitions
        self.announcer = Announcer(
            publisher=self.publisher, database=self.database, delete=delete_rows
        )
        self.relay = Relay(
            publisher=self.publisher,
            database=self.database,
            publish_some=functools.partial(publish_some, partitions=partitions),
            on_held_up=lambda: self.safety_net.doubt(),
        )
        self.writer = Writer(
            dsn=str(settings.database_url),
            clock=self.clock,
            collect_s=settings.collect_ms / 1000,
            on_written=lambda written: self.announcer.announce(
                written.outbox_id, written_news(written, partitions=partitions)
            ),
            take_published=self.announcer.take_published,
            put_back_published=self.announcer.put_back_published,
        )
        # In consumer groups. The same after a restart: what was in hand is taken up at once.
        self.consumer = f"{platform.node()}:{settings.port}"
        epoch = Epoch(self.blocking)
        self._make_delivery(settings, epoch, partitions=partitions)
        self._make_projection(partitions=partitions)
        self.trimmer = Trimmer(self.blocking, list(STREAMS.values()), partitions=partitions)
        self._make_repair(settings, epoch)
        self.signals = Signals(layer=channel_layers.make_backend(DEFAULT_CHANNEL_LAYER))
        self.control_listener = ControlListener(
            hub=self.hub, make_layer=lambda: channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        )
        self.sign_in_sweep = SignInSweep(
            all_sessions=self.hub.all_sessions,
            database=self.database,
            clock=self.clock,
            every_s=settings.sign_in_sweep_s,
        )
        self.upkeep = Upkeep(self.database)
        self.verifier = Verifier(settings.token_verify_keys, clock=self.clock)
        self.tokens = Issuer(
            settings.token_signing_key.get_secret_value(),
            verify_keys=settings.token_verify_keys,
            clock=self.clock,
        )
        self.external = _external_verifier(settings, self.clock)
        self.internal = InternalServer(
            settings.host, settings.internal_port, self._checks(), clock=self.clock
        )
        self._tasks = TaskSet()
        self._serving = False

    def _make_delivery(self, settings: ChatSettings, epoch: Epoch, *, partitions: int) -> None:
        """Make what brings news to sessions."""
        self.hub = Hub(database=self.database)
        self.deliveries = QueueDeliveries(sessions_of=self.hub.sessions_of, database=self.database)
        self.status_pusher = StatusPusher(
            room_of=self.hub.local_room, database=self.database, clock=self.clock
        )
        self._make_attendance(settings, partitions=partitions)
        self.notifier = Notifier(database=self.database, clock=self.clock)
        self.polls = Polls(hub=self.hub)
        self.reporter = Reporter(
            publisher=self.publisher,
            database=self.database,
            clock=self.clock,
            partitions=partitions,
        )
        self.statuses = MessageStatusManager(
            hub=self.hub, reporter=self.reporter, pusher=self.status_pusher, clock=self.clock
        )
        hearers = Hearers(
            hub=self.hub,
            statuses=self.statuses,
            presence=self.attendance.presence,
            typing=self.attendance.typing,
            deliveries=self.deliveries,
        )
        self.tails = [
            Tail(
                self.blocking,
                tailed(hearers, partition=each),
                clock=self.clock,
                epoch=epoch,
                on_epoch=self._on_epoch,
            )
            for each in range(partitions)
        ]
        self.safety_net = SafetyNet(
            hub=self.hub,
            database=self.database,
            silent_for_s=lambda: max(tail.stale_for_s() for tail in self.tails),
            more_rooms=self.statuses.waiting_rooms,
            on_heads=self._on_heads,
        )

    def _make_attendance(self, settings: ChatSettings, *, partitions: int) -> None:
        """Make what tells who is here, who is there, and who types."""
        self.session_announcer = SessionAnnouncer(
            process=f"{platform.node()}/{uuid.uuid4()}",
            live_sessions=lambda: (each for each in self.hub.all_sessions() if each.is_live),
            publisher=self.publisher,
            clock=self.clock,
        )
        self.typing_teller = TypingTeller(publisher=self.publisher, partitions=partitions)
        self.attendance = Attendance(
            hub=self.hub,
            statuses=self.status_pusher,
            announcer=self.session_announcer,
            teller=self.typing_teller,
            database=self.database,
            deliveries=self.deliveries,
            clock=self.clock,
            presence_members=settings.presence_members,
            typing_members=settings.typing_members,
        )
        self.hub.company = self.attendance

    def _make_projection(self, *, partitions: int) -> None:
        """Make what folds watermarks into our database, and writes what the queue submits."""
        self.groups = [
            GroupLoop(
                self.blocking,
                stream_key(RECEIPTS_EVENTS, each),
                GROUP,
                projection.projecting(fold_advances, self.database),
                consumer=self.consumer,
                clock=self.clock,
                options=projection.OPTIONS,
            )
            for each in range(partitions)
        ]

        self.groups.append(
            GroupLoop(
                self.blocking,
                stream_key(QUEUE_SUBMISSIONS),
                GROUP,
                submissions.writing(
                    send=self.writer.send,
                    private_among=lambda users: self.database.run(private_readers_among, users),
                    deactivated_among=lambda users: self.database.run(deactivated_among, users),
                    publish=self.publisher.publish,
                ),
                consumer=self.consumer,
                clock=self.clock,
                options=submissions.OPTIONS,
            )
        )

    def _make_repair(self, settings: ChatSettings, epoch: Epoch) -> None:
        """Make what tells rooms again to readers that missed something, or ask."""
        snapshots = Snapshots(publisher=self.publisher, database=self.database)
        mover = safe_point_mover(
            redis=self.blocking,
            partitions=settings.stream_partitions,
            database=self.database,
            clock=self.clock,
            healthy_life=lambda: self.repair.healthy_life(),
        )
        self.repair = Repair(
            redis=self.blocking,
            keys=SNAPSHOTS,
            teller=snapshots,
            epoch=epoch,
            while_healthy=mover.move,
        )
        self.groups.append(
            GroupLoop(
                self.blocking,
                stream_key(CHAT_REQUESTS),
                GROUP,
                answering(tell_rooms=snapshots.tell_rooms, ask_for_repair=self.repair.ask),
                consumer=self.consumer,
                clock=self.clock,
            )
        )

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work; nothing has to be reachable yet.

        Args:
            on_failure: called when a part ended that must not: the process is of no use then.
        """
        parts = {
            "loop-lag": metrics.watch_loop_lag(self.clock),
            "writer": self.writer.run(),
            "announcer": self.announcer.run(),
            "outbox-sweeper": self.announcer.delete_published_now_and_then(),
            "relay": self.relay.run(),
            "reporter": self.reporter.run(),
            "reporter-sweep": self.reporter.sweep_now_and_then(),
            "safety-net": self.safety_net.run(),
            "status-pusher": self.status_pusher.run(),
            "notifier": self.notifier.run(),
            "session-announcer": self.session_announcer.run(),
            "activity": self.attendance.activity.run(),
            "presence": self.attendance.presence.run(),
            "typing": self.attendance.typing.run(),
            "upkeep": self.upkeep.run(),
            "repair": self.repair.run(),
            "trimmer": self.trimmer.run(),
            "control-listener": self.control_listener.run(),
            "sign-in-sweep": self.sign_in_sweep.run(),
            **{f"tail-{number}": tail.run() for number, tail in enumerate(self.tails)},
        }
        for name, work in parts.items():
            self._tasks.spawn_forever(work, name=name, on_end=on_failure)
        for group in self.groups:
            group.start()
        await self.internal.start()
        self._serving = True
        log.info("chat_started")

    async def begin_to_stop(self) -> None:
        """Tell that no new connections are wanted, and give what was accepted its outcome."""
        self._serving = False
        self.session_announcer.begin_to_stop()
        self.polls.begin_to_stop()
        await self.writer.flush(FLUSH_WITHIN_S)

    async def stop(self) -> bool:
        """Finish what was accepted, then let go of everything; tell whether that succeeded."""
        self._serving = False
        self.session_announcer.begin_to_stop()
        await self.hub.stop()
        await self.deliveries.stop()
        await self.session_announcer.end()
        await self.writer.flush(FLUSH_WITHIN_S)
        # Together: both wait for Redis, which may be away.
        await asyncio.gather(
            self.reporter.flush(FLUSH_WITHIN_S), self.announcer.flush(FLUSH_WITHIN_S)
        )
        await asyncio.gather(*(group.stop() for group in self.groups))
        await self._tasks.stop()
        await self.signals.stop()
        await self.typing_teller.stop()
        await self.publisher.drain()
        await self.internal.stop()
        await self.hot.aclose()
        await self.blocking.aclose()
        idle = await self.database.close(CLOSE_WITHIN_S)
        log.info("chat_stopped", idle=idle)
        return idle

    def _on_heads(self, heads: Sequence[Head]) -> None:
        self.statuses.on_heads(heads)
        self.status_pusher.compare(heads, is_silent=self.safety_net.silent)

    def _on_epoch(self, _: str) -> None:
        self.safety_net.doubt()
        self.hub.private_reading.doubt(self.hub.users())
        self.reporter.on_epoch()
        self.session_announcer.on_epoch()
        self.attendance.presence.on_epoch()
        self.repair.wake()

    def _checks(self) -> dict[str, Check]:
        async def serving() -> str | None:
            return None if self._serving else "not started, or stopping"

        # Not the databases: with them all replicas would be taken out of the ingress at once, and
        # nobody were left to tell clients what is the matter.
        return {"process": serving}


def _external_verifier(settings: ChatSettings, clock: Clock) -> ExternalVerifier | None:
    """Return what verifies tokens of the configured issuer, if there is one."""
    url, issuer = settings.external_jwks_url, settings.external_issuer
    audience = settings.external_audience
    if url is None or issuer is None or audience is None:
        return None
    return ExternalVerifier.at(url, issuer=issuer, audience=audience, clock=clock)
