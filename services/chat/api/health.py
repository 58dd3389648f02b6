"""``/healthz``: whether chat is ready."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.http.bodies import documented
from libs.common.http.health import Health, health_answer
from services.chat.api.parts import parts_of

router = Router(tags=["health"])


@router.get("/healthz", auth=None, **documented(answers={200: Health}))
async def healthz(request: HttpRequest) -> HttpResponse:
    """Tell whether the service is ready."""
    return health_answer(is_ready=parts_of(request).admission.is_open)
