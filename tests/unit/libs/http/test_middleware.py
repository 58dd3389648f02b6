import json
from typing import Any

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory

from libs.common.http.bodies import BODY_BYTES
from libs.common.http.middleware import PASSED_OVER_BYTES, LimitedBody, problem_answers

LONGER_BYTES = 2 * BODY_BYTES


class Server:
    """Stands for an ASGI server that sends the parts of one body to an application."""

    def __init__(self, *parts: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.parts = list(parts)
        self.headers = headers
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        body = self.parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.parts)}

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)

    async def serve(self, app: Any, method: str = "PUT", path: str = "/") -> Any:
        limited: Any = LimitedBody(app, longer={("PUT", "/long"): LONGER_BYTES})
        scope = {"type": "http", "method": method, "path": path, "headers": self.headers}
        await limited(scope, self.receive, self.send)
        return self.sent[0]["status"]


async def reading_app(scope, receive, send):
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"read"})


async def test_a_body_of_the_largest_size_is_served():
    server = Server(b"x" * (BODY_BYTES - 1), b"x")

    assert await server.serve(reading_app) == 200


async def test_a_body_that_grows_too_large_is_refused_while_it_comes():
    server = Server(b"x" * BODY_BYTES, b"x", b"never read")

    assert await server.serve(reading_app) == 413
    assert json.loads(server.sent[1]["body"])["code"] == "too_large"
    assert server.parts == [b"never read"]


async def test_a_body_announced_far_too_large_is_refused_unread():
    server = Server(b"never read", headers=((b"content-length", b"%d" % (PASSED_OVER_BYTES + 1)),))

    assert await server.serve(reading_app) == 413
    assert server.parts == [b"never read"]


async def test_a_body_announced_too_large_is_passed_over_first_so_that_its_sender_sees_the_answer():
    server = Server(b"x", b"y", headers=((b"content-length", b"%d" % PASSED_OVER_BYTES),))

    assert await server.serve(reading_app) == 413
    assert server.parts == []


async def test_whoever_leaves_amid_a_body_that_is_passed_over_is_not_waited_for():
    class Leaving(Server):
        async def receive(self):
            return {"type": "http.disconnect"}

    server = Leaving(b"", headers=((b"content-length", b"%d" % (BODY_BYTES + 1)),))

    assert await server.serve(reading_app) == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/long", 200), ("POST", "/long", 413), ("PUT", "/long/", 413)],
)
async def test_where_a_longer_body_is_awaited_it_is_served(method, path, status):
    whole = Server(b"x" * BODY_BYTES, b"x" * BODY_BYTES)
    announced = Server(b"", headers=((b"content-length", b"%d" % LONGER_BYTES),))

    assert await whole.serve(reading_app, method, path) == status
    assert await announced.serve(reading_app, method, path) == status


async def test_a_longer_body_has_an_end_too():
    grows = Server(b"x" * LONGER_BYTES, b"x")
    announced = Server(b"", headers=((b"content-length", b"%d" % (LONGER_BYTES + 1)),))

    assert await grows.serve(reading_app, "PUT", "/long") == 413
    assert await announced.serve(reading_app, "PUT", "/long") == 413


async def test_what_django_refuses_before_there_is_a_request_is_a_problem():
    async def app(scope, receive, send):
        raise TooManyFieldsSent

    server = Server(b"")

    assert await server.serve(app) == 400
    assert json.loads(server.sent[1]["body"])["code"] == "bad_frame"


async def test_websockets_pass():
    passed = []

    async def app(scope, receive, send):
        passed.append(scope)

    limited: Any = LimitedBody(app)
    await limited({"type": "websocket"}, None, None)

    assert passed == [{"type": "websocket"}]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(method):
    async def view(request):
        return HttpResponseNotAllowed(["GET", "POST"])

    response: Any = await problem_answers(view)(RequestFactory().generic(method, "/"))

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"
    assert json.loads(response.content)["status"] == 405
    assert json.loads(response.content)["code"] == "not_found"


async def test_an_answer_tells_its_length():
    async def view(request):
        return HttpResponse("four")

    response = await problem_answers(view)(RequestFactory().get("/"))

    assert response["Content-Length"] == "4"


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_tells_none(status):
    async def view(request):
        return HttpResponse(status=status)

    response = await problem_answers(view)(RequestFactory().get("/"))

    assert "Content-Length" not in response


@pytest.mark.parametrize(
    ("host", "status"), [("chat.example.org", 200), ("CHAT.example.org:8443", 200), ("evil", 400)]
)
async def test_only_our_hosts_are_served(settings, host, status):
    settings.ALLOWED_HOSTS = ["chat.example.org"]

    async def view(_request):
        return HttpResponse("served")

    answer = await problem_answers(view)(RequestFactory().get("/", headers={"Host": host}))

    assert answer.status_code == status
