import httpx
import pytest
from django.core.asgi import get_asgi_application

from libs.common.errors import Unavailable
from services.chat.api.app import api
from tests.unit.chat.api.some_parts import state_with
from tests.unit.chat.doors import open_door
from tests.unit.openapi import document_of

DOCUMENT = document_of(api, "chat")
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
OPEN_TO_ALL = {"register", "login", "token", "exchange", "healthz", "statuses"}


class Down:
    """A database that cannot be reached."""

    async def run(self, function, *args, **kwargs):
        raise Unavailable(retry_after_s=1)


@pytest.fixture
def door():
    return open_door(lambda _: ())


@pytest.fixture
async def client(settings, door):
    settings.ROOT_URLCONF = "services.chat.urls"
    settings.MIDDLEWARE = ["libs.common.http.middleware.problem_answers"]
    state = state_with(database=Down(), admission=door)
    django = get_asgi_application()

    async def app(scope, receive, send):
        await django(scope | {"state": state}, receive, send)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat") as client:
        yield client


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
async def test_nobody_gets_anything_that_is_not_open_to_all(client, method, path, operation):
    response = await client.request(method.upper(), path.replace("{room_id}", "any"))

    if operation["operationId"] not in OPEN_TO_ALL:
        assert response.status_code == 401
        assert response.json()["code"] == "unauthenticated"


async def test_without_an_external_issuer_there_is_nothing_to_exchange(client):
    response = await client.post("/api/chat/auth/exchange", json={"token": "x"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("POST", "/api/chat/nothing", 404),
        ("GET", "/api/chat/", 404),
        ("GET", "/api/chat/docs/redoc.standalone.js", 404),
        ("GET", "/api/chat/docs/..%2fapp.py", 404),
        ("DELETE", "/api/chat/rooms", 405),
        ("POST", "/api/chat/docs", 405),
        ("POST", "/healthz", 405),
    ],
)
async def test_unknown_paths_and_methods_are_problems(client, method, path, status):
    response = await client.request(method, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/healthz", "/api/chat/healthz"])
async def test_a_process_is_ready_without_its_database_until_it_lets_nobody_in(client, door, path):
    before = await client.get(path)
    door.close()
    after = await client.get(path)

    assert (before.status_code, after.status_code) == (200, 503)
    assert after.headers["Retry-After"] == "1"


async def test_the_page_for_people_loads_only_what_is_served_beside_it(client):
    page = await client.get("/api/chat/docs")

    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.svg", "start.js"):
        assert f"docs/{file}" in page.text
        assert (await client.get(f"/api/chat/docs/{file}")).status_code == 200


async def test_the_document_is_served(client):
    response = await client.get("/api/chat/openapi.json")

    assert response.json()["paths"].keys() == DOCUMENT["paths"].keys()


async def test_the_states_of_a_message_are_told_to_everybody_and_may_be_kept(client):
    response = await client.get("/api/chat/statuses")
    etag = {"If-None-Match": response.headers["ETag"]}
    again = await client.get("/api/chat/statuses", headers=etag)

    assert (again.status_code, again.text) == (304, "")
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    statuses = response.json()["statuses"]
    assert list(statuses) == ["pending", "queued", "sent", "delivered", "read", "failed"]
    assert statuses["read"] == {
        "label": "Read",
        "group_label": "Read by everyone",
        "icon": "double-check",
        "sign": "✓✓",
        "colour": {"name": "blue", "light": "#0070d6", "dark": "#6cc4ff"},
    }
