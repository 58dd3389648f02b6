"""``/status``, ``/stats`` and ``/rooms/{id}/waiting``: what waits."""

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import BadFrame, NotFound
from libs.common.http.bodies import answer, documented, read_query
from libs.common.http.credentials import holder_of
from libs.common.ids import uuid_of
from services.queue.api.parts import parts_of
from services.queue.api.staff import check_staff
from services.queue.selectors.waiting import (
    QueueStats,
    QueueStatus,
    WaitingRange,
    get_queue_status,
    queue_stats,
    waiting_in,
)

USERS = 200
"""Most people of one question."""

router = Router(tags=["queue"])


class WaitingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``users``: ids of people, with commas between them."""

    users: str


class WaitingRanges(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for some people in a room; who is missing has received everything."""

    waiting: list[WaitingRange]


@router.get("/status", **documented(answers={200: QueueStatus}))
async def show_status(request: HttpRequest) -> HttpResponse:
    """Show what waits for the caller, and what of theirs waits to be sent."""
    caller = holder_of(request).sub
    return answer(await parts_of(request).database.run(get_queue_status, caller))


@router.get("/stats", **documented(answers={200: QueueStats}))
async def show_stats(request: HttpRequest) -> HttpResponse:
    """Show what waits altogether. For staff."""
    check_staff(request)
    return answer(await parts_of(request).database.run(queue_stats))


@router.get(
    "/rooms/{room_id}/waiting", **documented(query=WaitingQuery, answers={200: WaitingRanges})
)
async def show_waiting(request: HttpRequest, room_id: str) -> HttpResponse:
    """Show what waits for some people in a room; at most 200. For staff."""
    check_staff(request)
    users = list(dict.fromkeys(read_query(request, WaitingQuery).users.split(",")))
    if len(users) > USERS or not all(uuid_of(each) for each in users):
        wanted = f"Expected 1 to {USERS} ids of people, with commas between them."
        raise BadFrame(fields={"users": [wanted]})
    room = uuid_of(room_id)
    if room is None:
        raise NotFound
    found = await parts_of(request).database.run(waiting_in, room_id=room, users=users)
    return answer(WaitingRanges(waiting=found))
