"""One chat process, put together: every part is made here and handed to those who use it.

Nothing of it serves by itself: ``asgi`` makes of it what a server runs.
"""

import asyncio
import functools
import math
import platform
from collections.abc import Callable

import structlog
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from libs.common.clock import SystemClock
from libs.common.database import DatabaseThreads
from libs.common.external_keys import ExternalKeys
from libs.common.external_tokens import ExternalVerifier
from libs.common.internal_port import Check, InternalServer
from libs.common.outbox import Announcer, Relay
from libs.common.outbox.watch import watch_outbox
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.redis_room import watch_room
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
from services.chat.api.studio import Studio
from services.chat.delivery import Delivery
from services.chat.domain.departing import STOP_S
from services.chat.hub import SignInSweep
from services.chat.outbox import Signals, Snapshots, safe_point_mover
from services.chat.outbox.left_over import delete_rows, publish_some
from services.chat.outbox.written import written_news
from services.chat.protection import Protection
from services.chat.selectors.inquiry import Inquiry
from services.chat.selectors.neighbours import Neighbours
from services.chat.selectors.people import deactivated_among
from services.chat.selectors.receipts import private_readers_among
from services.chat.settings import ChatSettings
from services.chat.store import (
    CHAT_REQUESTS,
    GROUP,
    QUEUE_SUBMISSIONS,
    RECEIPTS_EVENTS,
    SNAPSHOTS,
    STREAMS,
)
from services.chat.subscribers import ControlListener, projection, submissions
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
        self.database = DatabaseThreads(settings.database_threads, clock=self.clock)
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
            on_held_up=lambda: self.delivery.safety_net.doubt(),
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
        self.protection = Protection(
            settings,
            redis=self.hot,
            writer_s=lambda: self.writer.queued_s,
            sessions_of=lambda user: self.delivery.hub.sessions_of(user),
            clock=self.clock,
        )
        epoch = Epoch(self.blocking)
        self.delivery = Delivery(
            settings,
            database=self.database,
            publisher=self.publisher,
            make_tail=functools.partial(Tail, self.blocking, clock=self.clock, epoch=epoch),
            on_epoch=lambda: self.repair.wake(),
            clock=self.clock,
            pressure=self.protection.pressure,
        )
        self.trimmer = Trimmer(self.blocking, list(STREAMS.values()), partitions=partitions)
        snapshots = Snapshots(publisher=self.publisher, database=self.database)
        self._make_repair(snapshots, epoch, partitions=partitions)
        self.groups = self._consumer_groups(settings, snapshots)
        self.signals = Signals(
            layer=channel_layers.make_backend(DEFAULT_CHANNEL_LAYER), clock=self.clock
        )
        self.control_listener = ControlListener(
            hub=self.delivery.hub,
            make_layer=lambda: channel_layers.make_backend(DEFAULT_CHANNEL_LAYER),
        )
        self.upkeep = Upkeep(self.database)
        self._make_sign_in(settings)
        self._make_for_requests(settings)
        self.internal = InternalServer(
            settings.host, settings.internal_port, self._checks(), clock=self.clock
        )
        self._tasks = TaskSet()
        self._serving = False
        self._stop_by_s = math.inf

    def _make_sign_in(self, settings: ChatSettings) -> None:
        """Make what knows who is signed in, and ends what belongs to nobody any more."""
        self.sign_in_sweep = SignInSweep(
            all_sessions=self.delivery.hub.all_sessions,
            database=self.database,
            clock=self.clock,
            every_s=settings.sign_in_sweep_s,
        )
        self.verifier = Verifier(settings.token_verify_keys, clock=self.clock)
        self.tokens = Issuer(
            settings.token_signing_key.get_secret_value(),
            verify_keys=settings.token_verify_keys,
            clock=self.clock,
        )
        self.external: ExternalVerifier | None = None
        self.external_keys: ExternalKeys | None = None
        url, issuer = settings.external_jwks_url, settings.external_issuer
        audience = settings.external_audience
        if url is not None and issuer is not None and audience is not None:
            self.external_keys = ExternalKeys.at(url, clock=self.clock)
            self.external = ExternalVerifier(
                self.external_keys, issuer=issuer, audience=audience, clock=self.clock
            )

    def _make_for_requests(self, settings: ChatSettings) -> None:
        """Make what serves requests only: what draws pictures, and what asks about messages."""
        self.studio = Studio()
        self.inquiry = Inquiry(
            redis=self.blocking,
            neighbours=Neighbours(settings.services_url, clock=self.clock),
            partitions=settings.stream_partitions,
            clock=self.clock,
        )

    def _make_repair(self, snapshots: Snapshots, epoch: Epoch, *, partitions: int) -> None:
        """Make what tells rooms again to readers that missed something, or ask."""
        mover = safe_point_mover(
            redis=self.blocking,
            partitions=partitions,
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

    def _consumer_groups(self, settings: ChatSettings, snapshots: Snapshots) -> list[GroupLoop]:
        """Make what shares work with other chat processes: watermarks, submissions, requests."""
        group = functools.partial(
            GroupLoop,
            self.blocking,
            # The same after a restart: what was in hand is taken up at once.
            consumer=f"{platform.node()}:{settings.port}",
            clock=self.clock,
        )
        projecting = projection.projecting(fold_advances, self.database)
        writing = submissions.writing(
            send=self.writer.send,
            private_among=lambda users: self.database.run(private_readers_among, users),
            deactivated_among=lambda users: self.database.run(deactivated_among, users),
            publish=self.publisher.publish,
        )
        asked = answering(tell_rooms=snapshots.tell_rooms, ask_for_repair=self.repair.ask)
        return [
            *(
                group(
                    stream_key(RECEIPTS_EVENTS, each),
                    GROUP,
                    projecting,
                    breaker=self.database.breaker,
                    options=projection.OPTIONS,
                )
                for each in range(settings.stream_partitions)
            ),
            group(
                stream_key(QUEUE_SUBMISSIONS),
                GROUP,
                writing,
                breaker=self.writer.breaker,
                options=submissions.OPTIONS,
            ),
            group(stream_key(CHAT_REQUESTS), GROUP, asked, breaker=self.database.breaker),
        ]

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work; nothing has to be reachable yet.

        Args:
            on_failure: called when a part ended that must not: the process is of no use then.
        """
        parts = {
            "writer": self.writer.run(),
            "announcer": self.announcer.run(),
            "outbox-sweeper": self.announcer.delete_published_now_and_then(),
            "relay": self.relay.run(),
            "outbox-watch": watch_outbox(self.database),
            **self.delivery.works(),
            **self.protection.works(),
            "upkeep": self.upkeep.run(),
            "repair": self.repair.run(),
            "trimmer": self.trimmer.run(),
            "redis-room": watch_room(self.blocking),
            "control-listener": self.control_listener.run(),
            "sign-in-sweep": self.sign_in_sweep.run(),
        }
        for name, work in parts.items():
            self._tasks.spawn_forever(work, name=name, on_end=on_failure)
        for group in self.groups:
            group.start()
        await self.internal.start()
        self._serving = True
        log.info("chat_started")

    async def drain(self) -> None:
        """Let nobody in any more, and send everybody elsewhere bit by bit."""
        self._let_nobody_in()
        await self.delivery.drain.run()

    async def begin_to_stop(self) -> None:
        """Let nobody in, give what was accepted its outcome, and send away who is left."""
        self._stop_by_s = self.clock.monotonic() + STOP_S - CLOSE_WITHIN_S
        self._let_nobody_in()
        self.delivery.begin_to_stop()
        await self.writer.flush(FLUSH_WITHIN_S)
        self.delivery.drain.send_all_away()

    def _let_nobody_in(self) -> None:
        self._serving = False
        self.protection.admission.close()
        self.delivery.drain.answer_polls()
        self.delivery.polls.begin_to_stop()

    async def stop(self) -> bool:
        """Finish what was accepted, then let go of everything; tell whether that succeeded."""
        self._serving = False
        await self.delivery.stop()
        await self.writer.flush(self._flush_within_s())
        # Together: both wait for Redis, which may be away.
        within_s = self._flush_within_s()
        await asyncio.gather(self.delivery.reporter.flush(within_s), self.announcer.flush(within_s))
        await asyncio.gather(*(group.stop() for group in self.groups))
        await self._tasks.stop()
        await self.signals.stop()
        await self.delivery.typing_teller.stop()
        await self.publisher.drain()
        await self.internal.stop()
        await self.hot.aclose()
        await self.blocking.aclose()
        self.studio.close()
        idle = await self.database.close(CLOSE_WITHIN_S)
        log.info("chat_stopped", idle=idle)
        return idle

    def _flush_within_s(self) -> float:
        left_s = self._stop_by_s - self.clock.monotonic()
        return max(0.0, min(FLUSH_WITHIN_S, left_s))

    def _checks(self) -> dict[str, Check]:
        async def serving() -> str | None:
            return None if self._serving else "not started, or stopping"

        # Not the databases: with them all replicas would be taken out of the ingress at once, and
        # nobody were left to tell clients what is the matter.
        return {"process": serving}
