"""``/healthz``: whether presence is ready."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.http.bodies import documented
from libs.common.http.health import Health, health_answer

router = Router(tags=["health"])


@router.get("/healthz", auth=None, **documented(answers={200: Health}))
async def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - ninja passes it
    """Tell whether the service is ready."""
    return health_answer()
