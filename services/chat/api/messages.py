"""``/rooms/{id}/messages`` and ``/rooms/{id}/receipts``: the road without a WebSocket."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.clock import to_wire
from libs.common.errors import BadFrame, PermissionDenied, check_rate
from libs.common.events import Receipt
from libs.common.http.bodies import answer, documented, read_body, read_query
from libs.common.ids import uuid_of
from libs.common.messages import check_content
from services.chat.api.credentials import caller_of
from services.chat.api.parts import parts_of
from services.chat.api.shapes.messages import MessagesQuery, NewMessage, Receipts
from services.chat.api.shapes.shape import Accepted
from services.chat.domain.claims import clamped
from services.chat.domain.drafts import Draft
from services.chat.domain.paging import page_size
from services.chat.frames.server import Message
from services.chat.selectors import messages
from services.chat.selectors.messages import MessagePage
from services.chat.selectors.moments import last_seq_before
from services.chat.selectors.receipts import place_of

router = Router(tags=["messages"])


@router.get(
    "/rooms/{room_id}/messages", **documented(query=MessagesQuery, answers={200: MessagePage})
)
async def list_messages(request: HttpRequest, room_id: str) -> HttpResponse:
    """Read a page of a room, ascending: the newest 50 without parameters, else 20 by default."""
    query = read_query(request, MessagesQuery)
    check_one_place(query)
    database, user_id = parts_of(request).database, caller_of(request).id
    after: int | None = query.after
    if query.since is not None:
        after = await database.run(last_seq_before, room_id=room_id, at=query.since)
    if after is not None:
        page = await database.run(
            messages.messages_after,
            user_id=user_id,
            room_id=room_id,
            after=after,
            limit=page_size(query.limit, is_opening=False),
        )
        return answer(page)
    page = await database.run(
        messages.messages_before,
        user_id=user_id,
        room_id=room_id,
        before=query.before,
        limit=page_size(query.limit, is_opening=query.before is None),
    )
    return answer(page)


def check_one_place(query: MessagesQuery) -> None:
    """Refuse a page that would begin at two places.

    Raises:
        BadFrame: it names more than one.
    """
    places = [name for name in ("before", "after", "since") if getattr(query, name) is not None]
    if len(places) > 1:
        first, second = places[:2]
        raise BadFrame(fields={second: [f"Only one of `{first}` and `{second}` may be given."]})


@router.post(
    "/rooms/{room_id}/messages",
    **documented(body=NewMessage, answers={201: Message, 200: Message}),
)
async def send_message(request: HttpRequest, room_id: str) -> HttpResponse:
    """Write a message: 201 once it is in the database, 200 where it was there already."""
    wish = read_body(request, NewMessage)
    check_content(wish.content)
    if uuid_of(room_id) is None:
        raise PermissionDenied
    caller = caller_of(request)
    check_rate(parts_of(request).message_allowances.take(caller.id))
    draft = Draft(
        room=room_id,
        sender=caller.id,
        client_id=wish.client_id.lower(),
        content=wish.content,
        reply_to=wish.reply_to,
        is_private=not caller.user.send_read_receipts,
    )
    stored = await parts_of(request).writer.send(draft)
    return answer(
        Message.of(draft, stored.seq, to_wire(stored.created_at)),
        status=200 if stored.duplicate else 201,
    )


@router.post("/rooms/{room_id}/receipts", **documented(body=Receipts, answers={202: Accepted}))
async def report_receipts(request: HttpRequest, room_id: str) -> HttpResponse:
    """Report up to where a room was received, and seen."""
    wish = read_body(request, Receipts)
    if wish.delivered_seq is None and wish.read_seq is None:
        raise BadFrame(fields={"delivered_seq": ["Either this member or `read_seq` is required."]})
    parts, user_id = parts_of(request), caller_of(request).id
    place = await parts.database.run(place_of, user_id=user_id, room_id=room_id)
    if place is None:
        raise PermissionDenied
    read_seq = wish.read_seq or 0
    claim = Receipt(
        room=room_id,
        user=user_id,
        delivered_seq=max(wish.delivered_seq or 0, read_seq),
        read_seq=read_seq,
        at_ms=round(parts.clock.now().timestamp() * 1000),
        is_private=place.is_private,
    )
    parts.reporter.report(clamped(claim, place.last_seq))
    return answer(Accepted(), status=202)
