"""What somebody lacks who was away: messages above their cursors, and rooms that are not as known.

Membership is judged by the statements that read. Of a room that one has left only that is told.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec
from django.db import connection

from libs.common.ids import uuid_of
from services.chat.domain.catchup import SYNC_ROOM_MESSAGES
from services.chat.frames.server import Message, RoomUpdate, SyncedRoom
from services.chat.selectors.marks import PresentStatus, statuses_for
from services.chat.selectors.messages import SyncAnswer, messages_between, sync_pages
from services.chat.selectors.room_state import farewell
from services.chat.selectors.rooms import rooms_among

NEW_ROOMS = 100
"""Of how many rooms, the most recently active ones, one is told that did not name them."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader has already.

    Attributes:
        cursors: highest contiguous seq held, by room.
        versions: of the rooms that the reader knows, as far as that is told.
        marks: versions of the watermarks that the reader knows, by room; rooms that are not named
            have none told.
    """

    cursors: Mapping[str, int]
    versions: Mapping[str, int]
    marks: Mapping[str, int] = msgspec.field(default_factory=dict)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a long poll has heard while it waited.

    Attributes:
        changed: rooms to be told of in any case.
        heads: of the rooms as the poll began: what was written above them until the user was
            removed is still theirs.
    """

    changed: Set[str] = frozenset()
    heads: Mapping[str, int] = msgspec.field(default_factory=dict)


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Messages room by room, ascending in each; how much that is; and rooms that have changed.

    ``statuses`` are those whose watermarks the reader does not know as they are now.
    """

    messages: list[Message]
    rooms: list[SyncedRoom]
    changed: list[RoomUpdate]
    statuses: list[PresentStatus] = msgspec.field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.messages or self.changed or self.statuses)


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """A room that a user is in, or has left at ``left_seq``."""

    room: str
    kind: str
    version: int
    joined_seq: int
    left_seq: int | None


NOTHING_HEARD = Heard()


def missed(*, user_id: str, known: Known, now: dt.datetime, heard: Heard = NOTHING_HEARD) -> Missed:
    """Return what a user lacks. Some eight statements, whatever the number of rooms.

    A room is new that neither cursors nor versions name, among the 100 most recently active ones.
    """
    found = sync_pages(user_id=user_id, cursors=known.cursors, now=now)
    named = known.cursors.keys() | known.versions.keys() | heard.changed
    places = _places(user_id=user_id, besides=named)
    left = [place for place in places if place.left_seq is not None]
    last_words = [
        message
        for place in left
        for message in _last_words(place, found=found, known=known, heard=heard)
    ]
    return Missed(
        messages=[*found.messages, *last_words],
        rooms=[*found.rooms, *_ranges(last_words)],
        changed=[
            *_changed(places, user_id=user_id, known=known, heard=heard),
            *(_farewell(place, known) for place in left),
        ],
        statuses=statuses_for(user_id=user_id, known=known.marks),
    )


def _changed(
    places: Sequence[_Place], *, user_id: str, known: Known, heard: Heard
) -> list[RoomUpdate]:
    present = [place for place in places if place.left_seq is None]
    new = (
        {place.room for place in present[:NEW_ROOMS]} - known.cursors.keys() - known.versions.keys()
    )
    newer = {
        place.room
        for place in present
        if place.version > known.versions.get(place.room, place.version)
    }
    wanted = new | newer | (heard.changed & {place.room for place in present})
    if not wanted:
        return []
    entries = rooms_among(user_id=user_id, room_ids=wanted)
    return [RoomUpdate(**msgspec.structs.asdict(entry)) for entry in entries]


def _farewell(place: _Place, known: Known) -> RoomUpdate:
    # Not the present version: it would go on telling how often the room changes.
    version = known.versions.get(place.room, 0)
    head = place.left_seq or 0
    return farewell(room=place.room, kind=place.kind, version=version, head=head)


def _last_words(place: _Place, *, found: SyncAnswer, known: Known, heard: Heard) -> list[Message]:
    """Return what was written while the reader waited, until they were removed."""
    cursor, head = known.cursors.get(place.room), heard.heads.get(place.room)
    if cursor is None or head is None:
        return []
    reached = max((room.to for room in found.rooms if room.room == place.room), default=0)
    return messages_between(
        room_id=place.room,
        first_seq=max(cursor, head, reached, place.joined_seq) + 1,
        last_seq=place.left_seq or 0,
        limit=SYNC_ROOM_MESSAGES,
    )


def _ranges(messages: Sequence[Message]) -> list[SyncedRoom]:
    """Say which messages these are, as ``synced`` does."""
    seqs: dict[str, list[int]] = {}
    for message in messages:
        seqs.setdefault(message.room, []).append(message.seq)
    return [
        SyncedRoom(room=room, from_=found[0], to=found[-1], has_more=False)
        for room, found in seqs.items()
    ]


def _places(*, user_id: str, besides: Iterable[str]) -> list[_Place]:
    """Return the rooms of a user, most recently active first, and of ``besides`` those left."""
    named = [text for text in besides if uuid_of(text) is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.id, room.kind, room.version, member.joined_seq, member.left_seq
              FROM member JOIN room ON room.id = member.room_id
             WHERE member.user_id = %s::uuid
               AND (member.left_seq IS NULL OR member.room_id = ANY(%s::uuid[]))
             ORDER BY room.last_at DESC, room.id DESC
            """,
            [user_id, named],
        )
        return [
            _Place(
                room=str(room),
                kind=kind,
                version=version,
                joined_seq=joined_seq,
                left_seq=left_seq,
            )
            for room, kind, version, joined_seq, left_seq in cursor.fetchall()
        ]
