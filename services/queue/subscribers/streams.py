"""What queue does about news: of rooms, of sessions, of who lags, of what became of submissions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.events import (
    MemberCaughtUp,
    MemberLagging,
    Outcome,
    RoomChanged,
    RoomHead,
    RoomSnapshot,
    SubmissionsSettled,
    UserRevoked,
)
from libs.common.streams.entries import Entry
from services.queue.actions.incoming import LagNews, queue_incoming_messages
from services.queue.actions.members import set_members
from services.queue.actions.outgoing import settle
from services.queue.actions.sessions import SessionsTold, set_sessions
from services.queue.actions.web_push.subscriptions import end_sign_ins
from services.queue.store import CHAT_ROOMS, CHAT_SESSIONS, CHAT_SUBMITTED, RECEIPTS_LAG

Handler = Callable[[Sequence[Entry]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Hearers:
    """What is told of what was taken in.

    Attributes:
        on_opened: a session has opened: somebody is to look what waits for it.
        on_settled: messages have ended: their senders are to be told, and others may be due.
        on_lag: members are behind, or further behind than before.
    """

    on_opened: Callable[[], None]
    on_settled: Callable[[], None]
    on_lag: Callable[[LagNews], None]


def handlers(database: DatabaseThreads, clock: Clock, hearers: Hearers) -> Mapping[str, Handler]:
    """Return what handles the entries of each stream that is read, by its name."""
    return {
        CHAT_ROOMS: partial(take_rooms, database, clock),
        CHAT_SESSIONS: partial(take_sessions, database, clock, hearers),
        CHAT_SUBMITTED: partial(take_outcomes, database, clock, hearers),
        RECEIPTS_LAG: partial(take_lag, database, clock, hearers),
    }


async def take_rooms(database: DatabaseThreads, clock: Clock, entries: Sequence[Entry]) -> None:
    """Keep who is in which room; end what belongs to sign-ins that have ended."""
    newest: dict[str, RoomChanged | RoomSnapshot] = {}
    ended: set[str] = set()
    for event in (event for entry in entries for event in entry.events):
        if isinstance(event, RoomChanged | RoomSnapshot):
            known = newest.get(event.room)
            if known is None or event.version >= known.version:
                newest[event.room] = event
        elif isinstance(event, UserRevoked):
            ended.update(event.sids)
    if newest:
        await database.run(set_members, list(newest.values()), now=clock.now())
    if ended:
        await database.run(end_sign_ins, ended, now=clock.now())


async def take_lag(
    database: DatabaseThreads, clock: Clock, hearers: Hearers, entries: Sequence[Entry]
) -> None:
    """Keep who is behind, and how far."""
    news = LagNews()
    for event in (event for entry in entries for event in entry.events):
        match event:
            case RoomHead(room=room, head=head):
                news.head(room, head)
            case MemberLagging():
                news.lagging(event.room, event.user, event.delivered_seq, event.head)
            case MemberCaughtUp():
                news.caught_up(event.room, event.user, event.delivered_seq, event.head)
    await database.run(queue_incoming_messages, news, now=clock.now())
    hearers.on_lag(news)


async def take_sessions(
    database: DatabaseThreads, clock: Clock, hearers: Hearers, entries: Sequence[Entry]
) -> None:
    """Keep which sessions are open."""
    told = SessionsTold()
    for event in (event for entry in entries for event in entry.events):
        told.take(event)
    if await database.run(set_sessions, told, now=clock.now()):
        hearers.on_opened()


async def take_outcomes(
    database: DatabaseThreads, clock: Clock, hearers: Hearers, entries: Sequence[Entry]
) -> None:
    """Settle what was submitted."""
    outcomes: dict[int, Outcome] = {}
    for event in (event for entry in entries for event in entry.events):
        if isinstance(event, SubmissionsSettled):
            for outcome in event.outcomes:
                known = outcomes.get(outcome.id)
                if known is None or known.code:  # that it was sent is the last word
                    outcomes[outcome.id] = outcome
    if outcomes:
        await database.run(settle, list(outcomes.values()), now=clock.now())
        hearers.on_settled()
