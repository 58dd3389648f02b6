"""How the views of a service find what they stand on: in the state of the connection's scope."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

Application = Callable[[Any, Any, Any], Awaitable[None]]


def with_parts(application: Application, parts: object) -> Application:
    """Return the application with one object of the service's own, the same for every request."""
    state = {"parts": parts}

    async def application_with_parts(scope: Any, receive: Any, send: Any) -> None:
        await application(scope | {"state": state}, receive, send)

    return application_with_parts


def parts_behind(request: HttpRequest) -> Any:
    """Return the object that ``with_parts`` was given; each service says of which type it is."""
    return cast(ASGIRequest, request).scope["state"]["parts"]
