"""Shapes of ``/rooms/{id}/messages/{seq}/trace``."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from services.chat.api.shapes.shape import Shape
from services.chat.domain.message_trace.recipients import Recipient
from services.chat.domain.message_trace.stages import Stage, Tick

PAGE_RECIPIENTS = 50
LONGEST_PAGE = 90
"""Recipients of a page: fewer than the other services tell of at once."""


class TraceQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE)] = PAGE_RECIPIENTS


class MessageTrace(Shape, frozen=True, kw_only=True):
    """What became of a message; never what it says.

    Attributes:
        status: the ticks that its sender sees.
        summary: why, in a sentence or two.
        trace_id: of its trace: the digits of its client_id, unless the request that brought it named
            another one; null of a client_id that is no trace.
        traceparent: of its entry on the stream; null where that is gone.
        recipients: some of them by id; ``next`` asks for those after them.
        recipient_count, delivered_count, read_count: of all, by what chat knows.
    """

    id: str
    room: str
    seq: int
    sender: str
    client_id: str
    created_at: str
    status: Tick
    summary: str
    trace_id: str | None
    traceparent: str | None
    stages: list[Stage]
    recipients: list[Recipient]
    recipient_count: int
    delivered_count: int
    read_count: int
    next: str | None
