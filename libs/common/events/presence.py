"""Who is there."""

from typing import Literal

import msgspec

from libs.common.events.event import Event

PresenceStatus = Literal["online", "away", "offline"]


class PresenceRequested(Event, frozen=True, kw_only=True, tag="presence.requested"):
    """A process wants to know whether these people are there."""

    users: list[str]


class PersonPresence(msgspec.Struct, frozen=True, array_like=True):
    """Whether a person is there.

    Attributes:
        last_seen_ms: of who is offline: when they were there last, in Unix milliseconds; None
            where nobody knows. To whom it is shown is for chat to judge.
    """

    user: str
    status: PresenceStatus
    last_seen_ms: int | None = None


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence.changed"):
    """People came, went, or were asked for. What stands later on the stream is newer."""

    people: list[PersonPresence]


class PresenceBeat(Event, frozen=True, kw_only=True, tag="presence.beat"):
    """The presence service works, and is not behind."""
