"""django-ninja as our services use it: our schemas in its document, our answers to errors.

Routes describe themselves with ``bodies.documented`` and read with ``bodies.read_body``; ninja's
own parsing is not used, because it answers with 422 and in its own words.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from libs.common.http import bodies
from libs.common.http.problems import problem_of


class ServiceAPI(NinjaAPI):
    """The HTTP API of one service, version 1. Whatever a view raises becomes a problem.

    Args:
        service: the word in its paths, ``/api/<service>/…``.
        description: what it does, for people.
        auth: lets requests through to every view that does not say otherwise.
    """

    def __init__(self, service: str, *, description: str, auth: Any) -> None:
        super().__init__(
            title=f"Parley {service}",
            version="1",
            description=description,
            urls_namespace=service,
            docs_url=None,
            docs_decorator=require_safe,
            auth=auth,
        )
        self.exception_handler(Exception)(_answer_with_problem)

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


def _answer_with_problem(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem_of(request, error)
