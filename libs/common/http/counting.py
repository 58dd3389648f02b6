"""Requests, counted by their route: a Django middleware, the outermost one.

It also lets each of them go on in the trace that the request names, where callers are believed.

A route is the pattern that the path fits, without what stands in its places, so there are as many as
``urls`` has. What Django never sees is not counted: files, health, bodies that are too long.
"""

from collections.abc import Awaitable, Callable
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import async_only_middleware

from libs.common import metrics, tracing

View = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
NO_ROUTE = "none"
"""The path fits no pattern, or nobody looked: the host was not ours."""
PER_CLASS = 100

REQUESTS = metrics.counter(
    "parley_http_requests",
    "Requests that were answered, by route, method and class of status.",
    ["route", "method", "status"],
)
REQUEST_SECONDS = metrics.histogram(
    "parley_http_request_seconds",
    "Time until a request was answered, by route. Long polls wait on purpose.",
    ["route"],
)


@async_only_middleware
def counted_requests(get_response: View) -> View:
    """Count each request when its answer is made."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        began_s = perf_counter()
        with tracing.going_on(tracing.of_caller(request.headers.get(tracing.HEADER))):
            response = await get_response(request)
        route = _route_of(request)
        REQUEST_SECONDS.labels(route).observe(perf_counter() - began_s)
        REQUESTS.labels(route, _method_of(request), class_of(response.status_code)).inc()
        return response

    return middleware


def class_of(status: int) -> str:
    """Return the class of a status: ``2xx`` of 204."""
    return f"{status // PER_CLASS}xx"


def _route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return NO_ROUTE if match is None else f"/{match.route}"


def _method_of(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else OTHER_METHOD
