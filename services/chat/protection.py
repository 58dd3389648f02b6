"""What keeps a process within its bounds: who may come in, and how much somebody may do."""

from collections.abc import Callable, Collection, Coroutine
from typing import Any

from redis.asyncio import Redis

from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.loop_lag import LoopLag
from libs.common.open_files import limit, most_connections
from libs.common.rates.allowances import Allowances, allowance_breaker
from libs.common.rates.bucket import TokenBucket
from libs.common.rates.keyed import KeyedLimit
from services.chat.admission import Admission, PressureGauge, memory_share
from services.chat.api.studio import PICTURES_AT_ONCE, PICTURES_PER_S
from services.chat.domain.pressure import Pressure
from services.chat.settings import ChatSettings
from services.chat.store import MESSAGE_ALLOWANCES

FAILURES_NOTED_PER_S = 0.5
"""Failed sign-ins that go into the audit log, by process: 43 000 a day, some 9 MB. The throttle's
limits are by name and by address, of which an attacker may have many."""
FAILURES_NOTED_AT_ONCE = 1000


class Protection:
    """The limits of one process.

    Args:
        redis: leases what a person may do over all processes.
        writer_s: for how long the first has waited of a queue for the writer.
        sessions_of: returns a person's sessions in this process.
    """

    def __init__(
        self,
        settings: ChatSettings,
        *,
        redis: Redis,
        writer_s: Callable[[], float],
        sessions_of: Callable[[str], Collection[object]],
        clock: Clock,
    ) -> None:
        self.allowances_breaker: Breaker = allowance_breaker(clock)
        self.message_allowances = Allowances(
            redis,
            key=MESSAGE_ALLOWANCES,
            per_s=settings.user_messages_per_s,
            burst=settings.user_messages_burst,
            clock=clock,
            breaker=self.allowances_breaker,
        )
        self.requests = KeyedLimit(
            clock, per_s=settings.user_requests_per_s, burst=settings.user_requests_burst
        )
        self.failures_noted = TokenBucket(per_s=FAILURES_NOTED_PER_S, burst=FAILURES_NOTED_AT_ONCE)
        self.pictures = KeyedLimit(clock, per_s=PICTURES_PER_S, burst=PICTURES_AT_ONCE)
        self.pressure = Pressure()
        self._loop_lag = LoopLag(clock, then=lambda: self._gauge.look())
        self._gauge = PressureGauge(
            self.pressure,
            loop_s=lambda: self._loop_lag.standing_s,
            writer_s=writer_s,
            memory_share=memory_share(settings.memory_limit_mb),
            clock=clock,
        )
        self.admission = Admission(
            pressure=self.pressure,
            handshakes=KeyedLimit(
                clock,
                per_s=settings.address_handshakes_per_s,
                burst=settings.address_handshakes_burst,
            ),
            sessions_of=sessions_of,
            most_of_one=settings.user_connections,
            most_sockets=most_connections(settings.connections, files=limit()),
        )

    def works(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return what has to run for as long as the process does, by name."""
        return {
            "loop-lag": self._loop_lag.run(),
            "message-allowances": self.message_allowances.run(),
        }
