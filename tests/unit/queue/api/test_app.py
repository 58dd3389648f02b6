"""``/api/queue/`` without PostgreSQL: who may ask and write what, and what is said without it."""

import pytest

from libs.common.errors import Unavailable
from services.queue.api.app import api
from tests.unit.openapi import document_of
from tests.unit.queue.api.house import OURS, wish

DOCUMENT = document_of(api, "queue")
SOMETHING = "01890a5d-ac96-774b-bcce-b302099a8057"


def asked_at(path):
    """Return where an operation is asked for something that may be there."""
    waiting = path.replace("{room_id}/waiting", f"{SOMETHING}/waiting?users={SOMETHING}")
    return waiting.replace("{number}", "7")


OPERATIONS = [
    pytest.param(method.upper(), asked_at(path), operation, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
OPEN_TO_ALL = {"healthz"}
WITHOUT_DATABASE = OPEN_TO_ALL | {"show_push_key"}
FOR_STAFF = {
    "show_stats",
    "show_waiting",
    "list_dead_letters",
    "replay_dead_letter",
    "discard_dead_letter",
}
WRITES = {
    "queue_message",
    "subscribe_browser",
    "unsubscribe_browser",
    "replay_dead_letter",
    "discard_dead_letter",
}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
async def test_nobody_gets_anything_that_is_not_open_to_all(house, nobody, method, path, operation):
    response = await nobody.request(method, f"{OURS}{path}", json=wish())

    if operation["operationId"] not in OPEN_TO_ALL:
        assert response.status_code == 401
        assert response.json()["login_url"] == "/"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert house.database.asked == []


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
async def test_what_is_for_staff_is_for_nobody_else(house, ann, method, path, operation):
    house.database.dead = [7]

    response = await ann.request(method, f"{OURS}{path}", json=wish())

    assert (response.status_code == 403) == (operation["operationId"] in FOR_STAFF)
    assert not any(isinstance(asked, tuple) for asked in house.database.asked)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"X-CSRFToken": ""},
        {"X-CSRFToken": "b" * 32},
        {"X-CSRFToken": "short"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{OURS}.evil.example"},
    ],
    ids=str,
)
async def test_a_foreign_page_writes_nothing(house, page, method, path, operation, wrong):
    house.database.dead = [7]

    response = await page.request(method, f"{OURS}{path}", json=wish(), headers=wrong)

    if operation["operationId"] in WRITES:
        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
        assert house.database.asked == []
    else:
        assert response.status_code == 200


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
async def test_our_page_does_with_its_cookie_what_its_person_may(
    house, page, method, path, operation
):
    house.database.dead = [7]

    response = await page.request(method, f"{OURS}{path}", json=wish())

    assert response.is_success


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
async def test_without_the_database_it_is_said_when_to_try_again(
    house, staff, method, path, operation
):
    house.database.fails = Unavailable(retry_after_s=2)

    response = await staff.request(method, f"{OURS}{path}", json=wish())

    if operation["operationId"] in WITHOUT_DATABASE:
        assert response.status_code == 200
        return
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert (response.json()["retry_after"], response.headers["Retry-After"]) == (2, "2")


@pytest.mark.parametrize("path", ["/", "/outgoing/", "/dead-letters/7", "/dead-letters/x/replay"])
async def test_unknown_paths_and_methods_are_problems(staff, path):
    response = await staff.get(path)

    assert response.status_code in (404, 405)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


async def test_a_process_is_ready_also_without_its_database(house, nobody):
    house.database.fails = Unavailable(retry_after_s=2)

    assert (await nobody.get("/healthz")).status_code == 200


async def test_the_page_for_people_and_the_document_are_of_this_service(nobody):
    page = await nobody.get("/docs")
    document = await nobody.get("/openapi.json")

    assert "<title>Parley: the HTTP API of queue</title>" in page.text
    assert document.json()["paths"].keys() == DOCUMENT["paths"].keys()
