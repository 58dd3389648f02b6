"""The queue service without streams: its own subscribers and actions on its own tables."""

import datetime as dt
from collections.abc import Iterable, Sequence

from libs.common.clock import ManualClock
from libs.common.events import (
    AnyEvent,
    ReplayOffered,
    RoomChanged,
    RoomMember,
    SessionNews,
    SessionsChanged,
    SessionsListed,
)
from libs.common.streams.entries import Entry, StreamId
from services.queue.actions.expiry import expire_old_messages, mark_heads, sweep
from services.queue.actions.offers import process_queue
from services.queue.selectors.waiting import QueueStatus, get_queue_status, unfinished_incoming
from services.queue.store import CHAT_ROOMS, CHAT_SESSIONS, RECEIPTS_LAG
from services.queue.subscribers import Hearers, handlers
from tests.properties.offline.tables import Tables, finished

PROCESS = "chat/1"


class Queue:
    """One queue process; what it does it does at the time of the clock."""

    def __init__(self, tables: Tables, clock: ManualClock) -> None:
        self.tables, self.clock = tables, clock
        hearers = Hearers(on_opened=lambda: None, on_settled=lambda: None, on_lag=lambda _: None)
        self._handlers = handlers(tables, clock, hearers)  # type: ignore[arg-type]  # runs at once, no threads
        self._numbers = 0

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    # What is told ------------------------------------------------------------------------------

    def hear(self, stream: str, entries: Iterable[Sequence[AnyEvent]]) -> None:
        """Handle some entries together."""
        read = [Entry(StreamId(self.next_number(), 0), list(events)) for events in entries]
        finished(self._handlers[stream](read))

    def hear_and_be_killed(self, stream: str, entries: Iterable[Sequence[AnyEvent]]) -> None:
        """Begin to handle some entries."""
        self.tables.do_and_be_killed(self.hear, stream, entries)

    def hear_lag(self, *entries: Sequence[AnyEvent]) -> None:
        """Hear of who lags."""
        self.hear(RECEIPTS_LAG, entries)

    def hear_room(self, room: str, members: Iterable[str], *, is_direct: bool = False) -> None:
        """Hear who is in a room."""
        told = [
            RoomMember(user=each, role="member", joined_seq=0, delivered_seq=0, read_seq=0)
            for each in members
        ]
        event = RoomChanged(room=room, version=1, last_seq=0, members=told, is_direct=is_direct)
        self.hear(CHAT_ROOMS, [[event]])

    def hear_session(self, session: str, user: str, step: str = "opened") -> None:
        """Hear what became of a session."""
        self.hear(CHAT_SESSIONS, [[self.news(session, user, step)]])

    def news(self, session: str, user: str, step: str) -> SessionsChanged:
        """Return what chat tells of a session."""
        news = SessionNews(session, user, "chat", step, self.next_number())  # type: ignore[arg-type]  # a step in words
        return SessionsChanged(process=PROCESS, news=[news])

    def listing(self, sessions: Iterable[tuple[str, str]]) -> SessionsListed:
        """Return the list of all sessions of the process."""
        number = self.next_number()
        listed = [SessionNews(each, user, "chat", "active", number) for each, user in sessions]
        return SessionsListed(process=PROCESS, n=number, sessions=listed)

    # What it does ------------------------------------------------------------------------------

    def offered(self) -> Sequence[ReplayOffered]:
        """Return what it offers now."""
        return self.tables.do(process_queue, now=self.clock.now()).events

    def look_after(self) -> None:
        """Do what is done each minute."""
        for action in (mark_heads, expire_old_messages, sweep):
            self.tables.do(action, now=self.clock.now())

    def status(self, user: str) -> QueueStatus:
        """Return what somebody is told of what waits."""
        return self.tables.do(get_queue_status, user)

    def behind(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return (from_seq, head) of who is behind, by room and user."""
        found = self.tables.rows(
            "select room_id::text, recipient_id::text, from_seq, greatest(head, from_seq)"
            " from queued_message row join room on room.id = room_id"
            " where queue_type = 'incoming' and not is_processed"
        )
        return {(room, user): (seq, head) for room, user, seq, head in found}

    def asked_for(self, *, waited: dt.timedelta = dt.timedelta(0)) -> list[tuple[str, str]]:
        """Return the members whom it asks receipts for: those of whom something waits."""
        found = self.tables.do(
            unfinished_incoming, after=0, limit=1_000, before=self.clock.now() - waited
        )
        return [(room, user) for _, room, user in found]
