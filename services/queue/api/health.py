"""``/healthz``: whether queue is ready."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.http.bodies import documented
from libs.common.http.health import Health, health_answer
from services.queue.api.parts import parts_of

router = Router(tags=["health"])


@router.get("/healthz", auth=None, **documented(answers={200: Health}))
async def healthz(request: HttpRequest) -> HttpResponse:
    """Tell whether the service is ready."""
    return await health_answer(parts_of(request).database)
