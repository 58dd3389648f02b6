"""The HTTP API of chat, put together. Who is not signed in gets nowhere unless a route says so."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from libs.common.errors import ParleyError
from libs.common.tokens import ACCESS_COOKIE
from services.chat.api import (
    bodies,
    exchange,
    health,
    me,
    members,
    messages,
    people,
    rooms,
    sign_in,
    sync,
)
from services.chat.api.credentials import StaleAccessCookie, signed_in
from services.chat.api.problems import problem_of


class ChatAPI(NinjaAPI):
    """django-ninja's API with our schemas in its document."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"] |= bodies.schemas()
        for path in document["paths"].values():
            for operation in path.values():
                operation["summary"] = operation["description"].partition("\n")[0]
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation as its view is named: names of generated clients."""
        return operation.view_func.__name__


api = ChatAPI(
    title="Parley chat",
    version="1",
    description="Sign-in, people, rooms and messages. Errors are `application/problem+json`.",
    urls_namespace="chat",
    docs_url=None,
    auth=signed_in,
)
for prefix, router in (
    ("/auth", sign_in.router),
    ("/auth", exchange.router),
    ("", people.router),
    ("", me.router),
    ("", rooms.router),
    ("", members.router),
    ("", messages.router),
    ("", sync.router),
    ("", health.router),
):
    api.add_router(prefix, router)


@api.exception_handler(Exception)
def _whatever(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem_of(request, error)


@api.exception_handler(ParleyError)
def _refused(request: HttpRequest, error: ParleyError) -> HttpResponse:
    response = problem_of(request, error)
    if isinstance(error, StaleAccessCookie):
        # It would go on deciding; without it the session cookie can sign in again.
        response.delete_cookie(ACCESS_COOKIE, path="/", samesite="Lax")
    return response
