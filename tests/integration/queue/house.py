"""Queue's own actions on its own tables, with nothing beside them, by a clock that tests play."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg2

from libs.common.clock import ManualClock
from libs.common.database import DatabaseThreads
from libs.common.events import (
    AnyEvent,
    MemberCaughtUp,
    MemberLagging,
    MissedRange,
    Outcome,
    RoomChanged,
    RoomHead,
    RoomMember,
    SessionNews,
    SessionsChanged,
    Submission,
)
from libs.common.streams.entries import Entry, StreamId
from services.queue.actions import expiry, offers, outgoing
from services.queue.actions.incoming import LagNews
from services.queue.actions.outgoing import Wish
from services.queue.selectors.waiting import QueueStatus, get_queue_status
from services.queue.store import CHAT_ROOMS, CHAT_SESSIONS, RECEIPTS_LAG
from services.queue.subscribers import Hearers, handlers

T = TypeVar("T")
TABLES = "queued_message, room, member, chat_session, chat_process, head_mark, expired, outbox,"
TABLES += " push_subscription, web_push, ended_sign_in"


def some_id() -> str:
    """Return the id of somebody, or of something."""
    return str(uuid.uuid4())


class House:
    """One queue, as its streams and its clock see it."""

    def __init__(self, url: str, threads: DatabaseThreads) -> None:
        self.threads = threads
        self.clock = ManualClock()
        self.opened = self.settled = 0
        self.moved_members: set[tuple[str, str]] = set()
        self.moved_rooms: set[str] = set()
        hearers = Hearers(
            on_opened=self._on_opened, on_settled=self._on_settled, on_lag=self._on_lag
        )
        self._handlers = handlers(threads, self.clock, hearers)
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self._numbers = 0

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own; return what it returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def forget_all(self) -> None:
        """Empty all tables."""
        self.rows(f"truncate {TABLES} restart identity")

    async def do(self, action: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run an action at the time of the clock."""
        return await self.threads.run(action, *args, now=self.clock.now(), **kwargs)

    # What is told ------------------------------------------------------------------------------

    async def hear(self, stream: str, *events: AnyEvent) -> None:
        """Have the service handle an entry."""
        self._numbers += 1
        entry = Entry(StreamId(self._numbers, 0), list(events))
        await self._handlers[stream]([entry])

    async def room(
        self,
        *members: str,
        version: int = 1,
        is_direct: bool = False,
        room: str = "",
        head: int = 0,
    ) -> str:
        """Tell who is in a room."""
        room = room or str(uuid.uuid4())
        told = [
            RoomMember(user=each, role="member", joined_seq=0, delivered_seq=0, read_seq=0)
            for each in members
        ]
        await self.hear(
            CHAT_ROOMS,
            RoomChanged(
                room=room, version=version, last_seq=head, members=told, is_direct=is_direct
            ),
        )
        return room

    async def lagging(self, room: str, user: str, delivered_seq: int, head: int) -> None:
        """Tell that somebody lags."""
        event = MemberLagging(room=room, user=user, delivered_seq=delivered_seq, head=head)
        await self.hear(RECEIPTS_LAG, event)

    async def caught_up(self, room: str, user: str, seq: int) -> None:
        """Tell that somebody has received everything."""
        event = MemberCaughtUp(room=room, user=user, delivered_seq=seq, head=seq)
        await self.hear(RECEIPTS_LAG, event)

    async def head(self, room: str, head: int) -> None:
        """Tell the head of a room in which somebody lags."""
        await self.hear(RECEIPTS_LAG, RoomHead(room=room, head=head))

    async def session(self, user: str, step: Any = "opened", *, session: str = "") -> str:
        """Tell what became of a session."""
        self._numbers += 1
        session = session or str(uuid.uuid4())
        news = SessionNews(session, user, "chat", step, self._numbers)
        await self.hear(CHAT_SESSIONS, SessionsChanged(process="chat/1", news=[news]))
        return session

    async def settle(self, *outcomes: Outcome) -> None:
        """Tell what became of submissions."""
        await self.do(outgoing.settle, list(outcomes), draw=lambda: 1.0)

    # What is asked -----------------------------------------------------------------------------

    async def status(self, user: str) -> QueueStatus:
        """Return what somebody is shown."""
        return await self.threads.run(get_queue_status, user)

    async def queue(self, sender: str, room: str, content: str = "hello", **more: Any) -> str:
        """Queue a message; return its client_id."""
        client_id: str = more.pop("client_id", str(uuid.uuid4()))
        wish = Wish(sender=sender, room=room, client_id=client_id, content=content, **more)
        await self.do(outgoing.queue_outgoing_message, wish)
        return client_id

    async def due(self) -> Sequence[Submission]:
        """Return what is submitted now."""
        return await self.do(outgoing.take_due, draw=lambda: 1.0)

    async def offered(self) -> dict[str, list[MissedRange]]:
        """Return what is offered now, by session."""
        taken = await self.do(offers.process_queue)
        return {event.session: list(event.ranges) for event in taken.events}

    async def after(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    async def expire(self) -> int:
        """Mark heads, and let expire what is old."""
        await self.do(expiry.mark_heads)
        return await self.do(expiry.expire_old_messages)

    def _on_opened(self) -> None:
        self.opened += 1

    def _on_settled(self) -> None:
        self.settled += 1

    def _on_lag(self, news: LagNews) -> None:
        self.moved_members |= set(news.lagging_members())
        self.moved_rooms |= set(news.heads)
