"""What HTTP answers: pages, profiles, and who has received what.

Members that a newer server adds are ignored, as in frames.
"""

import datetime as dt
from collections.abc import Mapping

import msgspec

from .frames import Message, Room, Status, SyncedRoom, User, Watermark


class Page(msgspec.Struct, kw_only=True):
    """A page of a room's history, ascending by seq."""

    messages: list[Message]
    has_more: bool


class Missing(msgspec.Struct, kw_only=True):
    """The answer of HTTP ``sync``; ``rooms``, ``changed`` and ``statuses`` as in the frames."""

    messages: list[Message]
    rooms: list[SyncedRoom]
    changed: list[Room] = msgspec.field(default_factory=list)
    statuses: list[Status] = msgspec.field(default_factory=list)


class Ticket(msgspec.Struct, kw_only=True):
    """A one-time credential for ``?ticket=``."""

    ticket: str
    expires_in: float


class Member(msgspec.Struct, kw_only=True):
    """Who is in a room; ``role`` is ``owner``, ``admin`` or ``member``."""

    user: str
    role: str
    joined_seq: int = 0


class Profile(msgspec.Struct, kw_only=True):
    """Oneself.

    Attributes:
        send_read_receipts: whether others learn what one has read; None where the server has no
            such choice.
        last_seen: who learns when one was there last, ``everyone`` (one shares a room with),
            ``contacts`` (those of direct rooms) or ``nobody``; None likewise.
    """

    user: User
    send_read_receipts: bool | None = None
    last_seen: str | None = None


class OwnPresence(msgspec.Struct, kw_only=True):
    """How the server sees oneself.

    Attributes:
        status: ``online``, ``away``, ``offline`` or ``unknown``.
        last_seen: when one was there last; None while one is.
        last_activity: when a device said last that somebody was in front of it.
        last_ping: when one of them gave a sign of life last.
        active_connections: how many sessions are open.
    """

    id: str
    status: str
    last_seen: dt.datetime | None = None
    last_activity: dt.datetime | None = None
    last_ping: dt.datetime | None = None
    active_connections: int = 0


class MessageReceipt(msgspec.Struct, kw_only=True):
    """What one member has of one message.

    Attributes:
        delivered: whether a device of theirs holds it.
        read: whether they have seen it, as far as they let others know.
        delivered_at: when; None where not yet, or longer ago than the server remembers.
        read_at: likewise.
    """

    user: str
    delivered: bool
    read: bool
    delivered_at: dt.datetime | None = None
    read_at: dt.datetime | None = None


class Colour(msgspec.Struct, kw_only=True):
    """A colour by its name, and as ``#rrggbb`` on a light and on a dark ground."""

    name: str
    light: str = ""
    dark: str = ""


class Look(msgspec.Struct, kw_only=True):
    """How a state of a message is shown.

    Attributes:
        label: for people, in a direct room; ``group_label`` where the others are many.
        icon: the name of a drawing.
        sign: the drawing where there is only text.
    """

    label: str
    sign: str
    colour: Colour
    group_label: str = ""
    icon: str = ""


class QueueStatus(msgspec.Struct, kw_only=True):
    """What waits in the queue service for the user, or of theirs.

    Attributes:
        incoming: messages that no device of the user has received, over all rooms.
        outgoing: own messages that wait to be sent.
        retry: likewise, after chat refused them.
        oldest_at: since when the oldest of all that has waited; None where nothing does.
        expired_total: messages that waited for seven days, ever.
    """

    incoming: int
    outgoing: int
    retry: int
    oldest_at: dt.datetime | None = None
    expired_total: int = 0


class RoomsPage(msgspec.Struct):
    """A page of rooms, and where the next one begins."""

    rooms: list[Room]
    next: str | None = None


class MembersPage(msgspec.Struct):
    """A page of members, and where the next one begins."""

    members: list[Member]
    next: str | None = None


class MarksPage(msgspec.Struct):
    """A page of members' watermarks, and where the next one begins."""

    members: list[Watermark]
    next: str | None = None


class ReceiptsPage(msgspec.Struct):
    """A page of what members have of one message, and where the next one begins."""

    members: list[MessageReceipt]
    next: str | None = None


class Users(msgspec.Struct):
    """Some people."""

    users: list[User]


class Statuses(msgspec.Struct):
    """The looks of the states of a message, by state."""

    statuses: Mapping[str, Look]
