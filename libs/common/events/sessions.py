"""Which sessions the processes of chat have."""

from typing import Literal

import msgspec

from libs.common.events.event import Event

SessionKind = Literal["chat", "notifications", "poll"]
SessionStep = Literal["opened", "active", "away", "closed"]


class SessionNews(msgspec.Struct, frozen=True, array_like=True):
    """What became of a session.

    Attributes:
        step: opened (and active), active again, away, or closed, which is final.
        n: the process counts all that it tells: of two news of a session the greater is newer.
    """

    session: str
    user: str
    kind: SessionKind
    step: SessionStep
    n: int


class SessionsChanged(Event, frozen=True, kw_only=True, tag="sessions.changed"):
    """Sessions of a process opened, closed, or changed their activity."""

    process: str
    news: list[SessionNews]


class SessionsListed(Event, frozen=True, kw_only=True, tag="sessions.listed"):
    """All sessions that a process has, and how active they are: as of its count ``n``.

    What it told before, up to ``n``, is superseded; a session that is not listed is closed.
    """

    process: str
    n: int
    sessions: list[SessionNews]


class ProcessBeat(Event, frozen=True, kw_only=True, tag="process.beat"):
    """A process lives, and so do its sessions."""

    process: str


class ProcessEnded(Event, frozen=True, kw_only=True, tag="process.ended"):
    """A process stops in order; whoever was connected is expected back elsewhere."""

    process: str
