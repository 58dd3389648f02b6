"""One message on its way: what it is, which road its next try takes, and when it is given up.

A message climbs: over the WebSocket, then by ``POST`` to chat, then to the queue service, which keeps
it and sends it later. Where all three were in vain it pauses and climbs again, three times. Only
outages make it climb; a refusal ends it on any road, and ``rate_limited`` makes it wait where it is.
"""

import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from .commands import Command, Retry, SendMessage
from .errors import (
    BadFrame,
    Internal,
    ParleyError,
    RateLimited,
    Timeout,
    Unavailable,
)

RETRIES = 3
"""How often a message climbs again before it has failed; also the highest ``attempt`` of a frame."""

BACKOFF_BASE_S = 1.0
BACKOFF_LIMIT_S = 8.0
"""Bounds of the pause before it climbs again; it doubles from one to the other, times 0.5…1."""

Random = Callable[[], float]
"""Returns a float in [0, 1)."""


def new_client_id() -> str:
    """Make the id that a message keeps for ever."""
    return str(uuid.uuid4())


def calculate_backoff(tries: int, *, random: Random) -> float:
    """Return how long to pause, in seconds, after so many tries in vain (from 1)."""
    whole_s = min(BACKOFF_BASE_S * 2.0 ** min(tries - 1, 32), BACKOFF_LIMIT_S)
    return whole_s * (0.5 + random() / 2)


def is_outage(error: ParleyError | None) -> bool:
    """Whether an error tells of a server that cannot, and not of one that will not."""
    return isinstance(error, Internal | Timeout | Unavailable)


class Road(enum.Enum):
    """The ways of a message, in the order in which they are tried."""

    SOCKET = "the WebSocket"
    HTTP = "HTTP to chat"
    QUEUE = "the queue service"


_NEXT = {Road.SOCKET: Road.HTTP, Road.HTTP: Road.QUEUE, Road.QUEUE: Road.SOCKET}


class Standing(enum.Enum):
    """How an own message stands, in the words of the server's table of states."""

    PENDING = "pending"
    """On this device, being tried."""
    QUEUED = "queued"
    """Kept by the queue service, which goes on by itself."""
    SENT = "sent"
    """It is committed."""
    FAILED = "failed"
    """Refused, or nothing could be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it has a seq."""

    room: str
    content: str
    reply_to: int | None = None
    client_id: str = field(default_factory=new_client_id)

    def is_for(self, room: str, client_id: str) -> bool:
        """Whether this goes under ``client_id``; a UUID in either case."""
        return self.room == room and self.client_id.lower() == client_id.lower()

    def is_same(self, other: "Draft") -> bool:
        """Whether both are one message. Of two contents under one client_id, one is refused."""
        says = (self.content, self.reply_to) == (other.content, other.reply_to)
        return says and self.is_for(other.room, other.client_id)


def draft_of(room: str, content: str, reply_to: int | None, client_id: str | None) -> Draft:
    """Make a draft; without a client_id, it gets one now.

    Raises:
        BadFrame: the content is no text that could be written down: it holds half a character.
    """
    try:
        content.encode()
    except UnicodeEncodeError as error:
        raise BadFrame(
            "The content holds a surrogate.", fields={"content": [error.reason]}
        ) from error
    return Draft(
        room=room, content=content, reply_to=reply_to, client_id=client_id or new_client_id()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An own message as it stands now.

    Attributes:
        error: of a failed one, why.
        goes_again: whether it failed because nothing could be reached: it is tried again by itself.
    """

    client_id: str
    room: str
    content: str
    reply_to: int | None
    standing: Standing
    error: ParleyError | None = None
    goes_again: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One try over HTTP; ``road`` is never the WebSocket."""

    ref: str
    road: Road
    draft: Draft


class Step(enum.Enum):
    """What a message does after a try in vain."""

    WAIT = "try again when it is due"
    REST = "leave it to the queue service"
    FAIL = "give up"


@dataclass(slots=True)
class Pending:
    """A draft that is not known to be stored.

    Attributes:
        number: its place among all drafts of this device; also the ``ref`` of its frames.
        deadline: when its sender stops waiting, in monotonic seconds.
        by_socket: whether it may go over the WebSocket at all.
        is_kept: whether it stays when it was refused, for somebody to retry or discard it.
        road: of its next or present try.
        sends: tries, over all roads and connections.
        frames: tries over the present connection.
        tries: how often it climbed in vain.
        limits: how often in a row it was ``rate_limited``.
        due: when to send it (waiting) or to stop waiting for an answer (in flight).
        is_queued: whether the queue service holds it, and goes on by itself.
        was_offered: whether it was ever handed to the queue service, which may have taken it.
        error: what the latest try met.
    """

    number: int
    draft: Draft
    deadline: float
    by_socket: bool = True
    is_kept: bool = False
    road: Road = Road.SOCKET
    sends: int = 0
    frames: int = 0
    tries: int = 0
    limits: int = 0
    due: float = 0.0
    is_queued: bool = False
    was_offered: bool = False
    error: ParleyError | None = None

    @property
    def ref(self) -> str:
        """What the answers to its frames repeat."""
        return f"m{self.number}"

    def frame(self) -> Command:
        """Write the next try over the WebSocket."""
        draft = self.draft
        if self.frames == 0:
            return SendMessage(
                room=draft.room,
                client_id=draft.client_id,
                content=draft.content,
                reply_to=draft.reply_to,
                ref=self.ref,
            )
        return Retry(
            room=draft.room,
            client_id=draft.client_id,
            content=draft.content,
            reply_to=draft.reply_to,
            ref=self.ref,
            attempt=min(self.frames, RETRIES),
        )

    def start_anew(self, now: float) -> None:
        """Climb from the lowest road, with all tries ahead."""
        self.road, self.due = Road.SOCKET, now
        self.frames = self.tries = self.limits = 0

    def climb(self, error: ParleyError, *, now: float, random: Random) -> Step:
        """Take in what a try met; plan the next one, or say that there is none."""
        self.error = error
        if isinstance(error, RateLimited):
            self.limits += 1
            self._pause(now, calculate_backoff(self.limits, random=random))
            return Step.WAIT
        if not is_outage(error):
            return Step.FAIL
        self.limits = 0
        if self.is_queued and self.road is not Road.SOCKET:
            return Step.REST
        if self.road is Road.QUEUE:
            self.tries += 1
            self._pause(now, calculate_backoff(self.tries, random=random))
        else:
            self.due = now
        self.road = _NEXT[self.road]
        return Step.WAIT if self.tries <= RETRIES else Step.FAIL

    def _pause(self, now: float, pause_s: float) -> None:
        """Let the next try wait; longer where the server asked for that."""
        asked_s = (self.error.retry_after_s if self.error else None) or 0.0
        self.due = now + max(pause_s, asked_s)

    def standing(
        self, standing: Standing, error: ParleyError | None = None, *, goes_again: bool = False
    ) -> Outgoing:
        """Tell how it stands."""
        return Outgoing(
            client_id=self.draft.client_id,
            room=self.draft.room,
            content=self.draft.content,
            reply_to=self.draft.reply_to,
            standing=standing,
            error=error,
            goes_again=goes_again,
        )
