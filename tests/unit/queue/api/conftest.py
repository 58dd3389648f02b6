"""Clients of the API: nobody, a member, staff, and a browser on our page."""

from typing import Any

import httpx
import pytest
from django.core.asgi import get_asgi_application

from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.tokens import ACCESS_COOKIE, CSRF_COOKIE
from tests.unit.queue.api.house import OURS, SECRET, House


@pytest.fixture
def house(settings):
    settings.ROOT_URLCONF = "services.queue.urls"
    settings.MIDDLEWARE = ["libs.common.http.middleware.problem_answers"]
    settings.ALLOWED_HOSTS = ["queue"]
    settings.CSRF_COOKIE_NAME = CSRF_COOKIE
    settings.CSRF_TRUSTED_ORIGINS = [OURS]
    return House()


@pytest.fixture
async def nobody(house):
    django: Any = get_asgi_application()
    app: Any = with_parts(LimitedBody(django), house.parts)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://queue/api/queue"
    ) as client:
        yield client


@pytest.fixture
def ann(house, nobody):
    nobody.headers["Authorization"] = f"Bearer {house.token()}"
    return nobody


@pytest.fixture
def staff(house, nobody):
    nobody.headers["Authorization"] = f"Bearer {house.token(staff=True)}"
    return nobody


@pytest.fixture
def page(house, nobody):
    """A browser on our page: with cookies, Origin and the CSRF token."""
    nobody.cookies.update({ACCESS_COOKIE: house.token(staff=True), CSRF_COOKIE: SECRET})
    nobody.headers.update({"Origin": OURS, "X-CSRFToken": SECRET})
    return nobody
