"""``/healthz``: ready means that requests can be answered, so it asks the database."""

from typing import Literal

import msgspec
from django.db import connection
from django.http import HttpResponse

from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.http.bodies import answer
from libs.common.http.problems import problem


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service is ready."""

    status: Literal["ok"] = "ok"


async def health_answer(database: DatabaseThreads) -> HttpResponse:
    """Answer whether the database of a service answers: 200, or the problem that it has."""
    try:
        await database.run(_ask_database)
    except ParleyError as error:
        return problem(error)
    return answer(Health())


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
