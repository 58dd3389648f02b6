"""What comes out of a ``Core``: outcomes of sends, and what its owner has to do."""

import datetime as dt
from dataclasses import dataclass, field, fields, replace
from typing import Self

from .commands import Command
from .errors import ParleyError
from .frames import Message, PresenceOf, Typing
from .marks import Moved
from .pending import Outgoing, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The acknowledgement of a message: it is committed.

    Attributes:
        duplicate: an earlier try had already been stored; this is that message.
    """

    id: str
    room: str
    seq: int
    client_id: str
    created_at: dt.datetime
    duplicate: bool

    @classmethod
    def of(cls, message: Message, *, duplicate: bool) -> Self:
        """Tell of a message that came with its seq."""
        return cls(
            id=message.id,
            room=message.room,
            seq=message.seq,
            client_id=message.client_id,
            created_at=message.created_at,
            duplicate=duplicate,
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the send with this ``ref``."""

    ref: str
    outcome: Sent | ParleyError


@dataclass(slots=True)
class Output:
    """What the owner of the core has to do now.

    Attributes:
        commands: to send, in order.
        messages: to give out, in order.
        requests: to make over HTTP.
        looks: whether to look which services answer again.
        settled: sends whose callers may go on.
        outgoing: own messages that stand otherwise than before.
        moved: rooms whose watermarks went up.
        typing: who types in a room now, where that changed.
        presences: people whose presence changed, as it is since.
    """

    commands: list[Command] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    looks: bool = False
    settled: list[Settled] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    typing: list[Typing] = field(default_factory=list)
    presences: list[PresenceOf] = field(default_factory=list)

    def take(self) -> "Output":
        """Return what has gathered here, and begin anew."""
        taken, empty = replace(self), Output()
        for each in fields(self):
            setattr(self, each.name, getattr(empty, each.name))
        return taken
