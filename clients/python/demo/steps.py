"""What the bot may do, as values: it is decided in one place and done in another.

Seconds are as a person would take them; who carries the steps out may have less time.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Read:
    """Have seen the message: its ticks turn blue."""


@dataclass(frozen=True, slots=True)
class Type:
    """Be seen to type."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Type no more, and say nothing after all."""


@dataclass(frozen=True, slots=True)
class Say:
    """Write a message; ``quotes`` makes it a reply to the one that was heard."""

    text: str
    quotes: bool = False


@dataclass(frozen=True, slots=True)
class BeAway:
    """Be away from the desk for a while, and back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Have no connection for a while, and come back."""

    seconds: float


Step = Wait | Read | Type | TakeBack | Say | BeAway | Sleep
