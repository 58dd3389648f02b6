from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from libs.common.http.counting import counted_requests
from libs.common.metrics import REGISTRY


def count(**labels: str) -> float:
    return REGISTRY.get_sample_value("parley_http_requests_total", labels) or 0.0


def answering(status: int, *, route: str | None) -> Any:
    """A view that answers so, of a path that was resolved to a route, or to none."""

    async def view(request: Any) -> HttpResponse:
        request.resolver_match = None if route is None else SimpleNamespace(route=route)
        return HttpResponse(status=status)

    return counted_requests(view)


@pytest.mark.parametrize(("status", "shown"), [(204, "2xx"), (404, "4xx"), (503, "5xx")])
async def test_a_request_is_counted_by_its_route_and_not_by_its_path(status, shown):
    labels = {"route": f"/rooms/<room>/{status}", "method": "GET", "status": shown}

    await answering(status, route=f"rooms/<room>/{status}")(RequestFactory().get("/rooms/7/x"))

    assert count(**labels) == 1
    timed = REGISTRY.get_sample_value(
        "parley_http_request_seconds_count", {"route": labels["route"]}
    )
    assert timed == 1


async def test_what_anybody_makes_up_becomes_no_label():
    labels = {"route": "none", "method": "other", "status": "4xx"}
    before = count(**labels)

    await answering(404, route=None)(RequestFactory().generic("BREW", "/coffee"))

    assert count(**labels) == before + 1
