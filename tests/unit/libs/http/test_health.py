import httpx
import pytest

from libs.common.http.health import with_health


async def behind(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"behind"})


def client(*, is_ready=True):
    application = with_health(behind, {"/api/x/healthz"}, is_ready=lambda: is_ready)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application), base_url="http://parley.test"
    )


async def test_who_asks_for_health_is_answered_before_the_application():
    async with client() as http:
        answer = await http.get("/api/x/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_a_process_that_stops_says_when_to_ask_again():
    async with client(is_ready=False) as http:
        answer = await http.get("/api/x/healthz")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_a_head_has_no_body_but_the_length_of_one():
    async with client() as http:
        answer = await http.head("/api/x/healthz")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/x/healthz"), ("GET", "/healthz")])
async def test_everything_else_is_for_the_application(method, path):
    async with client() as http:
        answer = await http.request(method, path)

    assert answer.content == b"behind"
