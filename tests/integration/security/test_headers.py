"""Every kind of answer makes a browser careful, whoever gives it."""

import re
from typing import NamedTuple

import httpx
import pytest

from libs.common.http.docs import _POLICY as DOCS_POLICY
from libs.common.secure_headers import CONTENT_SECURITY_POLICY, HEADERS, HSTS
from libs.common.tokens import ACCESS_COOKIE
from tests.integration.chat.world import WITHIN_S
from tests.integration.security.chat_in_production import chat_in_production
from tests.production import HOST

pytestmark = pytest.mark.both_servers

KEPT_FOR_A_DAY = "public, max-age=86400"
KEPT_FOR_EVER = "max-age=315360000, public, immutable"
ASKED_FOR_AGAIN = "max-age=0, public"
NEVER_KEPT = "max-age=0, no-cache, no-store, must-revalidate, private"
BIG = b'"' + b"x" * 70_000 + b'"'


class Asked(NamedTuple):
    """One request and the status of its answer; ``path`` is below ``/api/<service>``."""

    service: str
    who: str
    method: str
    path: str
    body: bytes
    status: int


TABLE = [
    Asked(service, *row)
    for service in ("chat", "presence", "queue", "receipts")
    for row in (
        ("nobody", "GET", "/healthz", b"", 200),
        ("nobody", "GET", "/openapi.json", b"", 200),
        ("nobody", "GET", "/nothing", b"", 404),
        ("nobody", "DELETE", "/docs", b"", 405),
        ("somebody", "GET", "/nothing", b"", 404),
    )
] + [
    Asked("chat", "nobody", "GET", "/rooms", b"", 401),
    Asked("chat", "somebody", "GET", "/rooms", b"", 200),
    Asked("chat", "somebody", "GET", "/rooms/no-room", b"", 403),
    Asked("chat", "somebody", "POST", "/rooms", b"{", 400),
    Asked("chat", "somebody", "POST", "/rooms", BIG, 413),
    Asked("chat", "somebody", "POST", "/auth/ticket", b"", 200),
    Asked("chat", "somebody by cookie", "POST", "/auth/ticket", b"", 403),
    Asked("chat", "nobody", "POST", "/auth/exchange", b'{"token": "none"}', 401),
    Asked("presence", "nobody", "GET", "/me", b"", 401),
    Asked("presence", "somebody", "GET", "/me", b"", 200),
    Asked("presence", "somebody", "GET", "/users", b"", 400),
    Asked("queue", "nobody", "GET", "/status", b"", 401),
    Asked("queue", "somebody", "GET", "/status", b"", 200),
    Asked("queue", "somebody", "GET", "/dead-letters", b"", 403),
    Asked("queue", "somebody", "POST", "/outgoing", b"[", 400),
    Asked("receipts", "nobody", "GET", "/rooms/no-room", b"", 401),
    Asked("receipts", "somebody", "GET", "/rooms/no-room", b"", 403),
]


@pytest.fixture
def ask(world):
    """Send one request of the table; return its answer."""

    async def send(asked):
        somebody = world.person()
        headers = {"Authorization": f"Bearer {somebody.token}"} if asked.who == "somebody" else {}
        cookies = {ACCESS_COOKIE: somebody.token} if "cookie" in asked.who else {}
        url = f"{world.url}/api/{asked.service}"
        async with httpx.AsyncClient(timeout=WITHIN_S, headers=headers, cookies=cookies) as http:
            return await http.request(asked.method, url + asked.path, content=asked.body)

    return send


def assert_careful(answer, *, policy=CONTENT_SECURITY_POLICY, kept="no-store"):
    wanted = {**HEADERS, "content-security-policy": policy, "cache-control": kept}
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert "access-control-allow-origin" not in answer.headers
    assert "strict-transport-security" not in answer.headers  # in development
    assert "server" not in answer.headers or answer.headers["server"] == "Caddy"


@pytest.mark.parametrize("asked", TABLE, ids=lambda asked: "-".join(map(str, asked))[:48])
async def test_an_answer_of_an_api_is_careful_and_kept_by_nobody(ask, asked):
    answer = await ask(asked)

    assert answer.status_code == asked.status
    assert_careful(answer)
    is_problem = answer.headers["content-type"] == "application/problem+json"
    assert is_problem == (asked.status >= 400)


@pytest.mark.parametrize("service", ["chat", "presence", "queue", "receipts"])
async def test_the_page_for_people_may_style_itself_and_nothing_else(ask, service):
    page = await ask(Asked(service, "nobody", "GET", "/docs", b"", 200))
    file = await ask(Asked(service, "nobody", "GET", "/docs/swagger-ui.css", b"", 200))

    assert (page.status_code, file.status_code) == (200, 200)
    assert_careful(page, policy=DOCS_POLICY)
    assert_careful(file, kept=KEPT_FOR_A_DAY)
    assert parts(DOCS_POLICY) ^ parts(CONTENT_SECURITY_POLICY) == {
        "style-src 'self' 'unsafe-inline'"
    }


async def test_the_web_client_and_its_files_are_careful_and_kept_as_long_as_they_hold(world):
    async with httpx.AsyncClient(base_url=world.url, timeout=WITHIN_S) as http:
        page = await http.get("/")
        [script] = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
        asset = await http.get(script)
        again = await http.get(script, headers={"If-None-Match": asset.headers["etag"]})

    assert [each.status_code for each in (page, asset, again)] == [200, 200, 304]
    assert_careful(page, kept=ASKED_FOR_AGAIN)
    assert_careful(asset, kept=KEPT_FOR_EVER)
    assert again.headers["cache-control"] == KEPT_FOR_EVER
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=", page.text)


@pytest.mark.parametrize("service", ["chat", "presence", "queue", "receipts"])
async def test_an_admin_is_careful_for_staff_and_for_others(world, service):
    cookies = {ACCESS_COOKIE: world.staff().token}
    async with httpx.AsyncClient(base_url=f"{world.url}/api/{service}", timeout=WITHIN_S) as http:
        refused = await http.get("/admin/")
        sheet = await http.get("/static/admin/css/base.css")
    async with httpx.AsyncClient(
        base_url=f"{world.url}/api/{service}", cookies=cookies, timeout=WITHIN_S
    ) as http:
        page = await http.get("/admin/")

    assert [each.status_code for each in (refused, page, sheet)] == [403, 200, 200]
    assert_careful(refused)
    assert_careful(page, kept=NEVER_KEPT)
    assert sheet.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/ws/chat/", "/ws/notifications/", "/ws/chat/nothing"])
async def test_a_refused_handshake_says_nothing(world, path):
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": "http://evil.example",
        "Cookie": f"{ACCESS_COOKIE}={world.person().token}",
    }
    async with httpx.AsyncClient(base_url=world.url, timeout=WITHIN_S) as http:
        answer = await http.get(path, headers=handshake)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "html" not in answer.headers.get("content-type", "")
    assert not re.search("evil|token|traceback", answer.text, re.IGNORECASE)


async def test_in_production_a_browser_remembers_that_there_is_tls(world):
    bearer = {"Authorization": f"Bearer {world.person().token}"}
    with chat_in_production(world) as url:
        async with httpx.AsyncClient(
            base_url=url, headers={"Host": HOST}, timeout=WITHIN_S
        ) as http:
            answers = [
                await http.get("/"),
                await http.get("/api/chat/nothing"),
                await http.get("/api/chat/me"),
                await http.get("/api/chat/me", headers=bearer),
                await http.get("/api/chat/docs"),
                await http.get("/api/chat/me", headers={"Host": "evil.example"}),
            ]

    assert [each.status_code for each in answers] == [200, 404, 401, 200, 200, 400]
    assert [each.headers["strict-transport-security"] for each in answers] == [HSTS] * len(answers)


def parts(policy):
    return {part.strip() for part in policy.split(";")}
