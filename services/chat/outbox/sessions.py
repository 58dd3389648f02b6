"""Tells presence which sessions this process has: each change soon, a beat now and then, and a list.

Not through the outbox table: sessions are gone with their process. What could not be published is
not kept, either: the next list, which supersedes everything before it, says the same.
Whoever is expected back counts as being here until they are, elsewhere, or do not come.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.errors import ParleyError, Unavailable
from libs.common.events import (
    Event,
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    SessionKind,
    SessionNews,
    SessionsChanged,
    SessionsListed,
    SessionStep,
)
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.chat.domain.departing import EXPECTED_BACK_S
from services.chat.store import CHAT_SESSIONS

EVERY_S = 0.05
"""Shortest time from one announcement to the next, so that changes find company. The first after a
pause does not wait: somebody has come, and wants what they missed."""
BEAT_EVERY_S = 10.0
"""Three beats that are missing end the sessions of a process."""
LIST_EVERY_S = 60.0
LATE_AFTER_S = 20.0
"""After so long a silence others may have given us up: a list comes in place of a beat."""
RETRY_AFTER_S = 0.5
NEWS_PER_EVENT = 1_000
PEOPLE_PER_EVENT = 1_000

TOLD = metrics.counter("parley_session_news", "Changes of sessions that were told.")
LISTED = metrics.counter("parley_session_lists", "Lists of all sessions that were told.")
FAILED = metrics.counter(
    "parley_session_announcements_failed", "Announcements that Redis did not take."
)

log = structlog.get_logger(__name__)


class AnnouncedSession(Protocol):
    """What is told of a session."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def user(self) -> str:
        """Whose it is."""
        ...

    @property
    def kind(self) -> SessionKind:
        """Of which kind it is."""
        ...

    @property
    def is_away(self) -> bool:
        """Whether its person is away."""
        ...

    @property
    def is_expected_back(self) -> bool:
        """Whether its client was asked to come back."""
        ...


@dataclass(frozen=True, slots=True)
class _Expected:
    """A session that has closed and counts as open until somebody else has its client."""

    id: str
    user: str
    kind: SessionKind
    is_away: bool
    until_s: float


class SessionAnnouncer:
    """One per process; only ``run``, ``tell`` and ``end`` wait.

    Args:
        process: its name, which no other process ever has.
        live_sessions: returns all sessions that were announced and have not closed.
    """

    def __init__(
        self,
        *,
        process: str,
        live_sessions: Callable[[], Iterable[AnnouncedSession]],
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._process = process
        self._live_sessions = live_sessions
        self._publisher = publisher
        self._clock = clock
        self._numbers = itertools.count(1)
        self._news: list[SessionNews] = []
        self._asked: dict[str, None] = {}
        self._expected: deque[_Expected] = deque()
        self._list_wanted = True
        self._told_at_s = clock.monotonic()
        self._listed_at_s = clock.monotonic()
        self._stopping = self._ended = False
        self._wake = asyncio.Event()

    def opened(self, session: AnnouncedSession) -> None:
        """Tell that a session is open; to be called once its ``welcome`` was queued."""
        self._note(session, "opened")

    def changed(self, session: AnnouncedSession) -> None:
        """Tell that a session is away now, or active again."""
        self._note(session, "away" if session.is_away else "active")

    def closed(self, session: AnnouncedSession) -> None:
        """Tell that a session has closed; where its client is expected back, only later."""
        if not (session.is_expected_back or self._stopping):
            self._note(session, "closed")
            return
        until_s = self._clock.monotonic() + EXPECTED_BACK_S
        self._expected.append(
            _Expected(session.id, session.user, session.kind, session.is_away, until_s)
        )

    def ask(self, users: Iterable[str]) -> None:
        """Ask how people are; the answer comes on the stream of presence, or it does not."""
        self._asked.update(dict.fromkeys(users))
        self._wake.set()

    def on_epoch(self) -> None:
        """Tell all sessions again: Redis may have lost them."""
        self._list_wanted = True
        self._wake.set()

    def begin_to_stop(self) -> None:
        """Expect the clients of this process back elsewhere, from now on."""
        self._stopping = True

    async def run(self) -> None:
        """Tell what there is to tell, until cancelled."""
        while True:
            if self._ended:
                await asyncio.Event().wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_due_s()):
                    await self._wake.wait()
            if self._news or self._asked:
                await asyncio.sleep(self._told_at_s + EVERY_S - self._clock.monotonic())
            self._wake.clear()
            try:
                await self.tell()
            except ParleyError as error:
                log.info("sessions_wait", code=error.code)
                await asyncio.sleep(RETRY_AFTER_S)
                self._wake.set()
            except Exception:
                log.exception("sessions_bug")
                self._list_wanted = True
                await asyncio.sleep(RETRY_AFTER_S)
                self._wake.set()

    async def end(self) -> None:
        """Tell that this process stops; presence finds it out by itself where that fails."""
        self._ended = True
        with contextlib.suppress(ParleyError):
            await self._publish([ProcessEnded(process=self._process)])

    def _give_up_expected(self) -> None:
        """Tell that sessions have closed whose clients did not come back in time, or elsewhere."""
        now_s = self._clock.monotonic()
        while self._expected and self._expected[0].until_s <= now_s:
            self._add(self._expected.popleft(), "closed")

    def _note(self, session: AnnouncedSession, step: SessionStep) -> None:
        self._add(session, step)
        self._wake.set()

    def _add(self, session: AnnouncedSession | _Expected, step: SessionStep) -> None:
        number = next(self._numbers)
        self._news.append(SessionNews(session.id, session.user, session.kind, step, number))

    def _until_due_s(self) -> float:
        """Return how long there is nothing to tell, unless somebody wakes us.

        Not even for who is expected from now on: that lasts no less than a beat.
        """
        due_s = self._told_at_s + BEAT_EVERY_S
        if self._expected:
            due_s = min(due_s, self._expected[0].until_s)
        return max(0.0, due_s - self._clock.monotonic())

    async def tell(self) -> None:
        """Publish what there is.

        Raises:
            ParleyError: Redis did not confirm. Everything is told again, as a list.
        """
        if self._publisher.breaker.retry_after_s > 0:
            self._list_wanted = True
            raise Unavailable(retry_after_s=self._publisher.breaker.retry_after_s)
        if self._ended:
            return
        self._give_up_expected()
        now_s = self._clock.monotonic()
        is_late = now_s - self._told_at_s >= LATE_AFTER_S
        is_due = now_s - self._listed_at_s >= LIST_EVERY_S
        is_list = self._list_wanted or is_late or is_due
        events = self._list() if is_list else self._changes()
        asked, self._asked = list(self._asked), {}
        events += [
            PresenceRequested(users=asked[start : start + PEOPLE_PER_EVENT])
            for start in range(0, len(asked), PEOPLE_PER_EVENT)
        ]
        try:
            await self._publish(events)
        except ParleyError:
            FAILED.inc()
            self._list_wanted = True
            raise
        self._told_at_s = self._clock.monotonic()
        for event in events:
            if isinstance(event, SessionsChanged):
                TOLD.inc(len(event.news))
            elif isinstance(event, SessionsListed):
                LISTED.inc()

    def _list(self) -> list[Event]:
        """Make a list of all sessions, and of those expected back; it says what waits to be told, too."""
        self._news = []
        self._list_wanted = False
        self._listed_at_s = self._clock.monotonic()
        number = next(self._numbers)
        return [
            SessionsListed(
                process=self._process,
                n=number,
                sessions=[
                    SessionNews(
                        each.id, each.user, each.kind, "away" if each.is_away else "active", number
                    )
                    for each in self._here()
                ],
            )
        ]

    def _here(self) -> Iterator[AnnouncedSession | _Expected]:
        yield from self._live_sessions()
        yield from self._expected

    def _changes(self) -> list[Event]:
        news, self._news = self._news, []
        changed: list[Event] = [
            SessionsChanged(process=self._process, news=news[start : start + NEWS_PER_EVENT])
            for start in range(0, len(news), NEWS_PER_EVENT)
        ]
        return changed or [ProcessBeat(process=self._process)]

    async def _publish(self, events: Sequence[Event]) -> None:
        await self._publisher.publish([Outgoing(CHAT_SESSIONS, 0, events)])
