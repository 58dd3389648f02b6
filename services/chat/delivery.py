"""What brings news to sessions: from the streams and from the database."""

import platform
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.streams.publisher import Publisher
from libs.common.streams.tail import Tail
from services.chat.api.polls import Polls
from services.chat.domain.pressure import Pressure
from services.chat.drain import Ages, Drain
from services.chat.hub import Hub, SafetyNet
from services.chat.hub.attendance import Attendance
from services.chat.hub.deliveries import QueueDeliveries
from services.chat.hub.notifier import Notifier
from services.chat.hub.status_pusher import StatusPusher
from services.chat.hub.statuses import MessageStatusManager
from services.chat.outbox.receipts import Reporter
from services.chat.outbox.sessions import SessionAnnouncer
from services.chat.outbox.typing import TypingTeller
from services.chat.selectors.rooms import Head
from services.chat.settings import ChatSettings
from services.chat.subscribers import Hearers, tailed


class Delivery:
    """The hub of a process, and all that feeds it or is told by it.

    Args:
        make_tail: makes a tail of these subscriptions.
        on_epoch: told of a new one, behind the parts that are made here.
        pressure: of the process.
    """

    def __init__(  # noqa: PLR0913 - the parts of a process; all but the first by keyword
        self,
        settings: ChatSettings,
        *,
        database: DatabaseThreads,
        publisher: Publisher,
        make_tail: Callable[..., Tail],
        on_epoch: Callable[[], None],
        clock: Clock,
        pressure: Pressure,
    ) -> None:
        self._pressure = pressure
        self._on_new_epoch = on_epoch
        partitions = settings.stream_partitions
        self.hub = Hub(database=database, clock=clock)
        self.deliveries = QueueDeliveries(sessions_of=self.hub.sessions_of, database=database)
        self.status_pusher = StatusPusher(
            room_of=self.hub.local_room, database=database, clock=clock, pressure=pressure
        )
        self.reporter = Reporter(
            publisher=publisher,
            database=database,
            clock=clock,
            partitions=partitions,
            pressure=pressure,
        )
        self.statuses = MessageStatusManager(
            hub=self.hub, reporter=self.reporter, pusher=self.status_pusher, clock=clock
        )
        self.notifier = Notifier(database=database, clock=clock)
        self.drain = Drain(
            all_sessions=self.hub.all_sessions,
            delay_s=settings.drain_delay_s,
            window_s=settings.drain_s,
        )
        self.ages = Ages(
            all_sessions=self.hub.all_sessions, greatest_s=settings.connection_age_s, clock=clock
        )
        self.polls = Polls(hub=self.hub)
        self._make_attendance(settings, database=database, publisher=publisher, clock=clock)
        hearers = Hearers(
            hub=self.hub,
            statuses=self.statuses,
            presence=self.attendance.presence,
            typing=self.attendance.typing,
            deliveries=self.deliveries,
        )
        self.tails = [
            make_tail(tailed(hearers, partition=each), on_epoch=self._on_epoch)
            for each in range(partitions)
        ]
        self.safety_net = SafetyNet(
            hub=self.hub,
            database=database,
            silent_for_s=lambda: max(tail.stale_for_s() for tail in self.tails),
            more_rooms=self.statuses.waiting_rooms,
            on_heads=self._on_heads,
        )

    def _make_attendance(
        self,
        settings: ChatSettings,
        *,
        database: DatabaseThreads,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        """Make what tells who is here, who is there, and who types."""
        self.session_announcer = SessionAnnouncer(
            process=f"{platform.node()}/{uuid.uuid4()}",
            live_sessions=lambda: (each for each in self.hub.all_sessions() if each.is_live),
            publisher=publisher,
            clock=clock,
        )
        self.typing_teller = TypingTeller(
            publisher=publisher, partitions=settings.stream_partitions
        )
        self.attendance = Attendance(
            hub=self.hub,
            statuses=self.status_pusher,
            announcer=self.session_announcer,
            teller=self.typing_teller,
            database=database,
            deliveries=self.deliveries,
            clock=clock,
            pressure=self._pressure,
            presence_members=settings.presence_members,
            typing_members=settings.typing_members,
        )
        self.hub.company = self.attendance

    def works(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return what has to run for as long as the process does, by name."""
        return {
            "reporter": self.reporter.run(),
            "reporter-sweep": self.reporter.sweep_now_and_then(),
            "safety-net": self.safety_net.run(),
            "status-pusher": self.status_pusher.run(),
            "notifier": self.notifier.run(),
            "ages": self.ages.run(),
            "session-announcer": self.session_announcer.run(),
            "activity": self.attendance.activity.run(),
            "presence": self.attendance.presence.run(),
            "typing": self.attendance.typing.run(),
            **{f"tail-{number}": tail.run() for number, tail in enumerate(self.tails)},
        }

    def begin_to_stop(self) -> None:
        """Expect the clients of all sessions back elsewhere."""
        self.session_announcer.begin_to_stop()

    async def stop(self) -> None:
        """Close every session, and tell of it."""
        self.session_announcer.begin_to_stop()
        await self.hub.stop()
        await self.deliveries.stop()
        await self.session_announcer.end()

    def _on_heads(self, heads: Sequence[Head]) -> None:
        self.statuses.on_heads(heads)
        self.status_pusher.compare(heads, is_silent=self.safety_net.silent)
        self.notifier.on_heads(heads)

    def _on_epoch(self, _: str) -> None:
        self.safety_net.doubt()
        self.hub.private_reading.doubt(self.hub.users())
        self.reporter.on_epoch()
        self.session_announcer.on_epoch()
        self.attendance.presence.on_epoch()
        self._on_new_epoch()
