"""``/rooms/{id}`` and ``/rooms/{id}/messages/{seq}``: who has received and read what."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta
from ninja import Router

from libs.common.errors import NotFound
from libs.common.http.bodies import NUMBER_DIGITS, answer, documented, read_query
from libs.common.http.credentials import holder_of
from libs.common.ids import BEFORE_ALL
from services.receipts.api.parts import parts_of
from services.receipts.selectors import message_receipts as messages, watermarks
from services.receipts.selectors.message_receipts import MessageReceipts
from services.receipts.selectors.watermarks import Page, RoomWatermarks

PAGE_MEMBERS = 100
"""Most entries of a page."""

router = Router(tags=["receipts"])


class ReceiptsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MEMBERS)] = PAGE_MEMBERS

    @property
    def page(self) -> Page:
        """What of the members is asked for."""
        return Page(after=self.after or BEFORE_ALL, limit=self.limit)


@router.get("/rooms/{room_id}", **documented(query=ReceiptsQuery, answers={200: RoomWatermarks}))
async def show_watermarks(request: HttpRequest, room_id: str) -> HttpResponse:
    """Show up to where each member of a room has received and read it."""
    query = read_query(request, ReceiptsQuery)
    found = await parts_of(request).database.run(
        watermarks.room_watermarks,
        user_id=holder_of(request).sub,
        room_id=room_id,
        page=query.page,
    )
    return answer(found)


@router.get(
    "/rooms/{room_id}/messages/{seq}",
    **documented(query=ReceiptsQuery, answers={200: MessageReceipts}),
)
async def show_message_receipts(request: HttpRequest, room_id: str, seq: str) -> HttpResponse:
    """Show who has received and read a message, and when.

    A time is null where it is not yet, older than the log, or not known. Staff may ask about rooms
    in which they are not.
    """
    query = read_query(request, ReceiptsQuery)
    if not (seq.isascii() and seq.isdigit() and len(seq) <= NUMBER_DIGITS):
        raise NotFound
    holder = holder_of(request)
    found = await parts_of(request).database.run(
        messages.message_receipts,
        user_id=holder.sub,
        room_id=room_id,
        seq=int(seq),
        page=query.page,
        is_staff=holder.staff,
    )
    return answer(found)
