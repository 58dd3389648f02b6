"""``/status`` and ``/stats``: what waits."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.http.bodies import answer, documented
from libs.common.http.credentials import holder_of
from services.queue.api.parts import parts_of
from services.queue.api.staff import check_staff
from services.queue.selectors.waiting import (
    QueueStats,
    QueueStatus,
    get_queue_status,
    queue_stats,
)

router = Router(tags=["queue"])


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
