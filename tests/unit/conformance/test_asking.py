import httpx
import pytest

from tests.conformance.asking import ask
from tests.conformance.matching import Mismatch
from tests.conformance.people import Person

PROBLEM = {"type": "t", "title": "t", "status": 404, "detail": "d", "code": "not_found"}
PROBLEM_JSON = {"Content-Type": "application/problem+json"}
NOT_FOUND = httpx.Response(404, headers=PROBLEM_JSON, json=PROBLEM)
ALICE = Person(role="alice", username="alice", password="secret", token="token")


class Answering:
    """Stands for a server: it gives these answers, one after the other, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def ask(self, method, path, *, headers, body):
        self.asked.append((method, path, dict(headers), dict(body)))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def asked(server, step, person=ALICE, known=None, within_s=5):
    return await ask(server, person, step, known=lambda: known or {}, within_s=within_s)


def get(**more):
    return {"alice": {"asks": "GET /rooms/$room"}, **more}


async def test_an_answer_as_it_had_to_be_binds_names():
    server = Answering(httpx.Response(200, json={"seq": 3}))

    known = await asked(server, get(gets=200, body={"seq": "$seq"}), known={"room": "r1"})

    assert known["seq"] == 3
    assert server.asked == [("GET", "/rooms/r1", {"Authorization": "Bearer token"}, {})]


@pytest.mark.parametrize(
    "step",
    [
        {"gets": 200},
        {"gets": [200, 201]},
        {"gets": 404, "problem": "permission_denied"},
        {"gets": 404, "errors": {"name": "<texts>"}},
        {"gets": 404, "body": {"more": 1}},
        {"gets": 404, "header": {"retry-after": "<text>"}},
    ],
)
async def test_any_other_answer_is_a_mismatch(step):
    with pytest.raises(Mismatch):
        await asked(Answering(NOT_FOUND), get(**step), known={"room": "r1"})


async def test_an_error_has_to_be_a_problem_document():
    page = httpx.Response(404, html="<h1>Not found</h1>")
    other = httpx.Response(404, json=PROBLEM)

    for answer in (page, other):
        with pytest.raises(Mismatch):
            await asked(Answering(answer), get(gets=404), known={"room": "r1"})
    await asked(Answering(NOT_FOUND), get(gets=404), known={"room": "r1"})


async def test_eventually_it_is_asked_again_until_it_is_right():
    server = Answering(NOT_FOUND, NOT_FOUND, httpx.Response(200))

    await asked(server, get(gets=200, eventually=True), known={"room": "r1"})

    assert len(server.asked) == 3


async def test_eventually_has_an_end():
    with pytest.raises(Mismatch):
        await asked(
            Answering(NOT_FOUND), get(gets=200, eventually=True), known={"room": "r"}, within_s=0
        )


async def test_nobody_has_no_credential_and_a_body_is_filled_in():
    server = Answering(httpx.Response(201))
    step = {"nobody": {"asks": "POST /rooms"}, "json": {"id": "$room"}, "gets": 201}

    await asked(server, step, person=None, known={"room": "r1"})

    assert server.asked == [("POST", "/rooms", {}, {"json": {"id": "r1"}})]
