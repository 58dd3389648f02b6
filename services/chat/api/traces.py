"""``/rooms/{id}/messages/{seq}/trace``: why a message has the ticks that it has. For staff."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.clock import to_wire
from libs.common.errors import NotFound, PermissionDenied
from libs.common.http.bodies import NUMBER_DIGITS, answer, documented, read_query
from libs.common.ids import BEFORE_ALL
from libs.common.tracing import trace_id_of
from services.chat.api.credentials import Caller, caller_of
from services.chat.api.parts import Parts, parts_of
from services.chat.api.shapes.traces import MessageTrace, TraceQuery
from services.chat.domain.message_trace.recipients import recipient_of
from services.chat.domain.message_trace.stages import stages_of, tick_of
from services.chat.domain.message_trace.summary import summary_of
from services.chat.domain.paging import cut
from services.chat.selectors.message_trace import message_facts, recipients_of
from services.chat.selectors.neighbours import OnBehalf

router = Router(tags=["messages"])


@router.get(
    "/rooms/{room_id}/messages/{seq}/trace",
    **documented(query=TraceQuery, answers={200: MessageTrace}),
)
async def trace_message(request: HttpRequest, room_id: str, seq: str) -> HttpResponse:
    """Show what became of a message: the times of each stage, every recipient's state, in words.

    For staff. The other services are asked for a second at most; what one of them does not say is
    missing, and that is said. What was written is not shown.
    """
    caller, parts = caller_of(request), parts_of(request)
    if not caller.user.is_staff:
        raise PermissionDenied("This is for staff.")
    if not (seq.isascii() and seq.isdigit() and len(seq) <= NUMBER_DIGITS):
        raise NotFound
    query = read_query(request, TraceQuery)
    after = query.after or BEFORE_ALL
    facts = await parts.database.run(message_facts, room_id=room_id, seq=int(seq))
    found = await parts.database.run(recipients_of, facts, after=after, limit=query.limit + 1)
    people, has_more = cut(found, query.limit)
    behalf = OnBehalf(token=_token_of(parts, caller), host=request.get_host())
    stream, others = await parts.inquiry.about(facts, people, after=after, behalf=behalf)
    stages = stages_of(facts, stream, others)
    recipients = [recipient_of(facts, person, others) for person in people]
    return answer(
        MessageTrace(
            id=f"{facts.room}.{facts.seq}",
            room=facts.room,
            seq=facts.seq,
            sender=facts.sender,
            client_id=facts.client_id,
            created_at=to_wire(facts.created_at),
            status=tick_of(facts),
            summary=summary_of(facts, stages, recipients),
            trace_id=trace_id_of(facts.client_id),
            traceparent=None if stream is None else stream.traceparent,
            stages=stages,
            recipients=recipients,
            recipient_count=facts.recipients,
            delivered_count=facts.delivered,
            read_count=facts.read,
            next=people[-1].user if has_more else None,
        )
    )


def _token_of(parts: Parts, caller: Caller) -> str:
    """Return a token by which the other services know who asks, however they came here."""
    user = caller.user
    return parts.tokens.issue(
        sub=str(user.id), sid=caller.sid, name=user.username, staff=user.is_staff
    )
