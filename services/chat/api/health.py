"""``/healthz``: ready means that requests can be answered, so it asks the database."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import ParleyError
from services.chat.api.bodies import answer, documented
from services.chat.api.parts import parts_of
from services.chat.api.problems import problem
from services.chat.api.shapes.shape import Health

router = Router(tags=["health"])


@router.get("/healthz", auth=None, **documented(answers={200: Health}))
async def healthz(request: HttpRequest) -> HttpResponse:
    """Tell whether the service is ready."""
    try:
        await parts_of(request).database.run(_ask_database)
    except ParleyError as error:
        return problem(error)
    return answer(Health())


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
