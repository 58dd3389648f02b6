"""``/outgoing``: the last resort of a client whose message chat cannot take."""

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import PermissionDenied
from libs.common.http.bodies import answer, documented, read_body
from libs.common.http.credentials import holder_of
from libs.common.ids import uuid_of
from libs.common.messages import ClientId, Content, Seq, check_content
from services.queue.actions.outgoing import Wish, queue_outgoing_message
from services.queue.api.parts import parts_of

router = Router(tags=["queue"])


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be sent; ``client_id`` is made before the first try and kept for ever."""

    room: str
    client_id: ClientId
    content: Content
    reply_to: Seq | None = None


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """That a message is kept, and will be sent."""

    client_id: str
    room: str


@router.post("/outgoing", **documented(body=OutgoingMessage, answers={202: Queued, 200: Queued}))
async def queue_message(request: HttpRequest) -> HttpResponse:
    """Queue a message: 202 once it is in the database, 200 where it was there already."""
    body = read_body(request, OutgoingMessage)
    check_content(body.content)
    if uuid_of(body.room) is None:
        raise PermissionDenied
    parts = parts_of(request)
    wish = Wish(
        sender=holder_of(request).sub,
        room=body.room,
        client_id=body.client_id.lower(),
        content=body.content,
        reply_to=body.reply_to,
    )
    is_new = await parts.database.run(queue_outgoing_message, wish, now=parts.clock.now())
    parts.submissions.poke()
    return answer(Queued(client_id=body.client_id, room=body.room), status=202 if is_new else 200)
