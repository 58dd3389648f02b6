"""What receipts does about news of chat: who claims what, what was written, who is where.

All three are taken in by maxima, so it does not matter which of them comes first, or twice.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

from libs.common.events import (
    MessageCreated,
    ReceiptsReported,
    RoomChanged,
    RoomMember,
    RoomSnapshot,
)
from libs.common.streams.entries import Entry
from services.receipts.actions.fold import Folder, Membership, News, Own
from services.receipts.domain.watermarks import Claim, Pair, Watermarks
from services.receipts.store import CHAT_EVENTS, CHAT_RECEIPTS, CHAT_ROOMS

Handler = Callable[[Sequence[Entry]], Awaitable[None]]


def handlers(folder: Folder) -> Mapping[str, Handler]:
    """Return what handles the entries of each stream that is read, by its name."""
    return {
        CHAT_RECEIPTS: partial(take_receipts, folder),
        CHAT_EVENTS: partial(take_messages, folder),
        CHAT_ROOMS: partial(take_rooms, folder),
    }


async def take_receipts(folder: Folder, entries: Sequence[Entry]) -> None:
    """Raise watermarks to what members claim."""
    claims = [
        ((receipt.room, receipt.user), Claim.of(receipt))
        for entry in entries
        for event in entry.events
        if isinstance(event, ReceiptsReported)
        for receipt in event.receipts
    ]
    await folder.fold(News(claims=claims))


async def take_messages(folder: Folder, entries: Sequence[Entry]) -> None:
    """Raise heads, and the watermarks of authors who had read everything before."""
    heads: dict[str, int] = {}
    own: defaultdict[Pair, Own] = defaultdict(Own)
    for event in (event for entry in entries for event in entry.events):
        if not isinstance(event, MessageCreated):
            continue
        heads[event.room] = max(heads.get(event.room, 0), event.last_seq)
        for frame in event.frames:
            written = own[event.room, frame.sender]
            written.seqs.append(frame.seq)
            written.sessions.add(frame.session)
            if frame.is_private:
                written.private.add(frame.seq)
    await folder.fold(News(heads=heads, own=own))


async def take_rooms(folder: Folder, entries: Sequence[Entry]) -> None:
    """Keep who is in rooms, and what chat knows of how far they are.

    Watermarks and heads are taken from every event, because a newer version may have been read
    before the last of them; members only from the newest.
    """
    newest: dict[str, RoomChanged | RoomSnapshot] = {}
    heads: dict[str, int] = {}
    marks: set[tuple[str, RoomMember]] = set()
    own: defaultdict[Pair, Own] = defaultdict(Own)
    for event in _room_events(entries):
        known = newest.get(event.room)
        if known is None or event.version >= known.version:
            newest[event.room] = event
        heads[event.room] = max(heads.get(event.room, 0), event.last_seq)
        marks.update((event.room, member) for member in event.members)
        if isinstance(event, RoomSnapshot):
            for user, seqs in event.own_seqs.items():
                own[event.room, user].seqs += seqs
                own[event.room, user].sessions.add(None)
                if user in event.private_readers:
                    own[event.room, user].private.update(seqs)
    # Watermarks first: who joins is shown, and judged, where they joined and not at 0.
    claims = [((room, member.user), _claim(member)) for room, member in marks]
    await folder.fold(News(heads=heads, claims=claims, own=own))
    await folder.set_members(
        Membership(
            room=event.room,
            version=event.version,
            open_history=event.open_history,
            joined_seqs={member.user: member.joined_seq for member in event.members},
        )
        for event in newest.values()
    )


def _claim(member: RoomMember) -> Claim:
    """Read chat's projection of a member; when they came that far is not known here."""
    known = Watermarks.known_to_chat(member)
    return Claim(
        delivered_seq=max(known.delivered_seq, known.read_seq, member.joined_seq),
        read_seq=max(known.read_seq, member.joined_seq),
        shown_read_seq=max(known.shown_read_seq, member.joined_seq),
    )


def _room_events(entries: Sequence[Entry]) -> Iterator[RoomChanged | RoomSnapshot]:
    yield from (
        event
        for entry in entries
        for event in entry.events
        if isinstance(event, RoomChanged | RoomSnapshot)
    )
