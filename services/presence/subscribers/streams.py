"""What presence does about news of chat: its sessions, its rooms, its people."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

from libs.common.database import DatabaseThreads
from libs.common.events import (
    LastSeenTo,
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    RoomChanged,
    RoomSnapshot,
    SessionsChanged,
    SessionsListed,
    UserChanged,
)
from libs.common.streams.entries import Entry
from services.presence.actions.members import Privacies, set_members
from services.presence.actions.sessions import UserPresenceManager
from services.presence.store import CHAT_ROOMS, CHAT_SESSIONS
from services.presence.store.sessions import Told

Handler = Callable[[Sequence[Entry]], Awaitable[None]]


def handlers(manager: UserPresenceManager, database: DatabaseThreads) -> Mapping[str, Handler]:
    """Return what handles the entries of each stream that is read, by its name."""
    return {
        CHAT_SESSIONS: partial(take_sessions, manager),
        CHAT_ROOMS: partial(take_rooms, database),
    }


async def take_sessions(manager: UserPresenceManager, entries: Sequence[Entry]) -> None:
    """Take in news of sessions, then answer: who asks behind them is told of them, too."""
    await manager.take([each for entry in entries for each in _told(entry)])
    asked = {
        user: None
        for entry in entries
        for event in entry.events
        if isinstance(event, PresenceRequested)
        for user in event.users
    }
    if asked:
        await manager.answer(list(asked))


async def take_rooms(database: DatabaseThreads, entries: Sequence[Entry]) -> None:
    """Keep who is in rooms, and to whom people show when they were there last."""
    newest: dict[str, RoomChanged | RoomSnapshot] = {}
    privacies: Privacies = {}
    for event in (event for entry in entries for event in entry.events):
        match event:
            case RoomChanged() | RoomSnapshot():
                known = newest.get(event.room)
                if known is None or event.version >= known.version:
                    newest[event.room] = event
                for member in event.members:
                    _note(privacies, member.user, (member.last_seen, member.profile_version))
            case UserChanged():
                _note(privacies, event.user, (event.last_seen, event.profile_version))
    await database.run(set_members, list(newest.values()), privacies)


def _note(privacies: Privacies, user: str, privacy: tuple[LastSeenTo, int]) -> None:
    """Keep the newest; version 0 says what is true of everybody of whom nothing is known."""
    _, known_version = privacies.get(user, ("everyone", 0))
    _, version = privacy
    if version > known_version:
        privacies[user] = privacy


def _told(entry: Entry) -> Iterator[Told]:
    """Read what a process told; the time of the entry is when."""
    for event in entry.events:
        match event:
            case SessionsChanged():
                yield "news", event.process, entry.id.ms, event.news
            case SessionsListed():
                yield "list", event.process, entry.id.ms, event.n, event.sessions
            case ProcessBeat():
                yield "beat", event.process, entry.id.ms
            case ProcessEnded():
                yield "ended", event.process, entry.id.ms
