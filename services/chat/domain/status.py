"""The states of a message, what each looks like, and the rule by which the others make it so.

There is one table for all: the API tells it, the page's is generated from it, the terminal asks for
it. A message's state is never stored: ``pending``, ``queued`` and ``failed`` are known to its sender
alone, the rest follows from its seq and the others' watermarks.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Colour(msgspec.Struct, frozen=True, kw_only=True):
    """A colour by its plain name, and as ``#rrggbb`` on a light and on a dark ground.

    Of a contrast of at least 3:1 with every ground that the page puts it on.
    """

    name: str
    light: str
    dark: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a state is shown.

    Attributes:
        label: for people, in a direct room.
        group_label: the same where the others are many.
        icon: name of the drawing.
        sign: the drawing where there is only text; at most two columns of a terminal.
        colour: of the drawing.
    """

    label: str
    group_label: str
    icon: str
    sign: str
    colour: Colour


class Status(StrEnum):
    """How far a message has come, as its sender sees it."""

    PENDING = "pending"
    """On the sender's device, being tried."""
    QUEUED = "queued"
    """Kept where it will go on from by itself: no server has accepted it into its room yet."""
    SENT = "sent"
    """It has a seq: it is in the database."""
    DELIVERED = "delivered"
    """A device of every other member holds it."""
    READ = "read"
    """Every other member has seen it."""
    FAILED = "failed"
    """Refused, or given up: it stays where it is until its sender acts."""

    @property
    def look(self) -> Look:
        """How it is shown."""
        return LOOKS[self]


GREY = Colour(name="grey", light="#566b61", dark="#a9bfb5")
BLUE = Colour(name="blue", light="#0070d6", dark="#6cc4ff")
RED = Colour(name="red", light="#b3261e", dark="#ff9b8f")

LOOKS = {
    Status.PENDING: Look(
        label="Sending", group_label="Sending", icon="clock", sign="…", colour=GREY
    ),
    Status.QUEUED: Look(
        label="Waiting: goes by itself once the server answers",
        group_label="Waiting: goes by itself once the server answers",
        icon="tray",
        sign="↻",
        colour=GREY,
    ),
    Status.SENT: Look(label="Sent", group_label="Sent", icon="check", sign="✓", colour=GREY),
    Status.DELIVERED: Look(
        label="Delivered",
        group_label="Delivered to everyone",
        icon="double-check",
        sign="✓✓",
        colour=GREY,
    ),
    Status.READ: Look(
        label="Read", group_label="Read by everyone", icon="double-check", sign="✓✓", colour=BLUE
    ),
    Status.FAILED: Look(
        label="Not sent", group_label="Not sent", icon="warning", sign="!", colour=RED
    ),
}


def status_of(seq: int, others: Iterable[tuple[int, int]]) -> Status:
    """Return the state of a message that has a seq.

    The server never says it: clients derive it from what they are told, and tests hold them to this.

    Args:
        seq: its seq.
        others: ``(delivered_seq, read_seq)`` of the present members besides the author, as they
            show it to others; the furthest behind by each of the two suffice. Of nobody it is sent.
    """
    marks = list(others)
    if not marks:
        return Status.SENT
    if all(read_seq >= seq for _, read_seq in marks):
        return Status.READ
    if all(delivered_seq >= seq for delivered_seq, _ in marks):
        return Status.DELIVERED
    return Status.SENT
