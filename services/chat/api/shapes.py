"""Shapes of HTTP bodies, queries and answers that are no frames."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from services.chat.domain.names import DISPLAY_NAME_CHARS, Username
from services.chat.frames.client import SYNC_ROOMS, ClientId, Content, Cursor, Seq
from services.chat.frames.server import Message, Person, RoomUpdate, SyncedRoom

PASSWORD_CHARS = 256
"""Longest password, in code points."""
LONGEST_WAIT_S = 25
"""Longest long poll, in seconds; below the idle timeouts of usual proxies."""
PAGE_ROOMS = 100
PAGE_MEMBERS = 100
PAGE_MESSAGES = 100
"""Most entries of a page of each."""
IDS_CHARS = 200 * 37
"""Longest ``?ids=``: 200 of them."""

Password = Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS)]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What all of them are: read once, never changed."""


class Registration(Shape, frozen=True, kw_only=True):
    """Somebody new; without ``display_name`` the username is shown."""

    username: Username
    password: Password
    display_name: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | None = None


class Credentials(Shape, frozen=True, kw_only=True):
    """Who wants to sign in."""

    username: Annotated[str, Meta(max_length=64)]
    password: Password


class SignOut(Shape, frozen=True, kw_only=True):
    """``everywhere``: all sign-ins of the user, not only this one."""

    everywhere: bool = False


class SessionAnswer(Shape, frozen=True, kw_only=True):
    """Who is signed in. ``csrf_token`` goes into ``X-CSRFToken`` of requests that write.

    A caller with a bearer token gets a new one, good for ``expires_in`` seconds.
    """

    user: Person
    csrf_token: str
    access_token: str | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET


class TokenAnswer(Shape, frozen=True, kw_only=True):
    """A bearer token, good for ``expires_in`` seconds."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme


class PeopleQuery(Shape, frozen=True, kw_only=True):
    """Either a beginning of a name, or ids with commas between them."""

    search: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | None = None
    ids: Annotated[str, Meta(max_length=IDS_CHARS)] | None = None


class People(Shape, frozen=True, kw_only=True):
    """Some people."""

    users: list[Person]


class RoomsQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_ROOMS)] = PAGE_ROOMS


class OpenRoom(Shape, frozen=True, kw_only=True):
    """A room to open; ``members`` are usernames or ids, the caller need not be among them."""

    kind: Annotated[Literal["direct"], Meta(description="`direct`: the only kind so far.")]
    members: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=2)]


class MembersQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MEMBERS)] = PAGE_MEMBERS


class MessagesQuery(Shape, frozen=True, kw_only=True):
    """``before`` and ``after`` are seqs and exclusive; only one of them may be given."""

    before: Seq | None = None
    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MESSAGES)] | None = None


class NewMessage(Shape, frozen=True, kw_only=True):
    """A message to write; ``client_id`` is made before the first try and kept for ever."""

    client_id: ClientId
    content: Content
    reply_to: Seq | None = None


class Receipts(Shape, frozen=True, kw_only=True):
    """Up to where the caller's device holds a room, and up to where it was seen."""

    delivered_seq: Seq | None = None
    read_seq: Seq | None = None


class SyncQuestion(Shape, frozen=True, kw_only=True):
    """{room: highest contiguous seq held}, and how long to wait for news, in seconds."""

    cursors: Annotated[dict[str, Cursor], Meta(max_length=SYNC_ROOMS)]
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S)] = 0


class StatusUpdate(Shape, frozen=True, kw_only=True):
    """Watermarks that moved. Reserved: no room reports any yet."""

    room: str


class SyncAnswerBody(Shape, frozen=True, kw_only=True):
    """What was missing: messages, room by room ascending; rooms that the caller did not name."""

    messages: list[Message]
    statuses: list[StatusUpdate]
    rooms: list[SyncedRoom]
    changed: list[RoomUpdate]


class Health(Shape, frozen=True, kw_only=True):
    """The service is ready."""

    status: Literal["ok"] = "ok"


class Accepted(Shape, frozen=True, kw_only=True):
    """It was taken; what comes of it is told elsewhere."""
