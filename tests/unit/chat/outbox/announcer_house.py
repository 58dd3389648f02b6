"""An announcer of sessions, whose they are, and the stream to which it tells them."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from libs.common.clock import Clock, ManualClock
from libs.common.errors import Unavailable
from services.chat.outbox.sessions import SessionAnnouncer
from services.chat.store import CHAT_SESSIONS


class Streams:
    """Takes what is published, and notes when; unless it is down, or while it is held.

    Attributes:
        meanwhile: called once, while something is on its way.
    """

    def __init__(self):
        self.events: list[Any] = []
        self.times_s: list[float] = []
        self.tries = 0
        self.down = False
        self.breaker = SimpleNamespace(retry_after_s=0.0)
        self.meanwhile: Callable[[], object] = lambda: None

    async def publish(self, outgoing):
        self.tries += 1
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.down:
            raise Unavailable
        (item,) = outgoing
        assert (item.stream, item.partition) == (CHAT_SESSIONS, 0)
        self.events += item.events
        self.times_s += [asyncio.get_running_loop().time()] * len(item.events)


class House:
    """An announcer whose first list is out."""

    def __init__(self, clock: Clock | None = None):
        self.streams, self.clock = Streams(), ManualClock()
        self.live: dict[str, Any] = {}
        self.announcer = SessionAnnouncer(
            process="host/1",
            live_sessions=self.live.values,
            publisher=cast(Any, self.streams),
            clock=clock or self.clock,
        )

    def open(self, name):
        session = self.live[name] = SimpleNamespace(
            id=name, user=f"user of {name}", kind="chat", is_away=False, is_expected_back=False
        )
        self.announcer.opened(session)
        return session

    def close(self, name):
        self.announcer.closed(self.live.pop(name))

    async def tell(self):
        """Publish what is due; return the events of that, and forget them."""
        await self.announcer.tell()
        events, self.streams.events = self.streams.events, []
        return events
