from typing import Any, cast

import httpx
import pytest
from django.core.asgi import get_asgi_application

from dev.keys import make_secrets
from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.http.parts import with_parts
from libs.common.ids import BEFORE_ALL
from libs.common.tokens import Issuer, Verifier
from services.receipts.api.app import api
from services.receipts.api.parts import Parts
from services.receipts.selectors.watermarks import Page, RoomWatermarks
from tests.unit.generous import generous_limit
from tests.unit.openapi import document_of

DOCUMENT = document_of(api, "receipts")
OPERATIONS = [
    (path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for operation in methods.values()
]
OPEN_TO_ALL = {"healthz"}
ROOM = "/api/receipts/rooms/01890a5d-ac96-774b-bcce-b302099a8057"
ANN = "01890a5d-ac96-774b-bcce-b302099a8058"


class FakeDatabase:
    """Notes what is asked, and answers it with nobody's watermarks; or is down."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.is_down = False

    async def run(self, function, *args, **kwargs):
        if self.is_down:
            raise Unavailable(retry_after_s=1)
        self.asked.append(kwargs)
        return RoomWatermarks(members=[], next=None)


class House:
    """A receipts process without its database, and somebody who is signed in."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        clock = ManualClock()
        issuer = Issuer(secrets.token_signing_key, verify_keys=keys, clock=clock)
        self.token = issuer.issue(sub=ANN, sid="s", name="ann", staff=False)
        self.database = FakeDatabase()
        self.parts = Parts(
            database=cast(Any, self.database),
            verifier=Verifier(keys, clock=clock),
            requests=generous_limit(),
        )


@pytest.fixture
def house(settings):
    settings.ROOT_URLCONF = "services.receipts.urls"
    settings.MIDDLEWARE = ["libs.common.http.middleware.problem_answers"]
    return House()


@pytest.fixture
async def nobody(house):
    app: Any = with_parts(get_asgi_application(), house.parts)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://receipts"
    ) as client:
        yield client


@pytest.fixture
def ann(house, nobody):
    nobody.headers["Authorization"] = f"Bearer {house.token}"
    return nobody


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
async def test_nobody_gets_anything_that_is_not_open_to_all(house, nobody, path, operation):
    response = await nobody.get(path)

    if operation["operationId"] not in OPEN_TO_ALL:
        assert response.status_code == 401
        assert response.json()["login_url"] == "/"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert not house.database.asked


async def test_a_page_is_asked_for_in_the_name_of_who_asks(house, ann):
    response = await ann.get(ROOM, params={"after": ANN, "limit": "7"})

    [asked] = house.database.asked
    assert response.status_code == 200
    assert (asked["user_id"], asked["room_id"]) == (ANN, ROOM.rpartition("/")[2])
    assert (str(asked["page"].after), asked["page"].limit) == (ANN, 7)


async def test_without_parameters_the_first_hundred_are_asked_for(house, ann):
    await ann.get(f"{ROOM}/messages/12")

    [asked] = house.database.asked
    assert asked["seq"] == 12
    assert asked["page"] == Page(after=BEFORE_ALL, limit=100)


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.0", "limit"),
        ("after=", "after"),
        ("after=12", "after"),
        ("after=nobody", "after"),
        (f"after={ANN}'", "after"),
    ],
)
@pytest.mark.parametrize("path", [ROOM, f"{ROOM}/messages/1"])
async def test_a_wrong_parameter_is_named(house, ann, path, query, member):
    response = await ann.get(f"{path}?{query}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [member]
    assert not house.database.asked


@pytest.mark.parametrize("seq", ["x", "-1", "+1", "1.0", "1e3", "%EF%BC%91", "1" * 17, "0x1", " 1"])
async def test_what_is_no_seq_is_not_found(house, ann, seq):
    response = await ann.get(f"{ROOM}/messages/{seq}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not house.database.asked


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/healthz", 404),
        ("GET", "/api/receipts/", 404),
        ("GET", f"{ROOM}/messages", 404),
        ("GET", "/api/receipts/docs/..%2fapp.py", 404),
        ("POST", ROOM, 405),
        ("DELETE", f"{ROOM}/messages/1", 405),
        ("POST", "/api/receipts/docs", 405),
    ],
)
async def test_unknown_paths_and_methods_are_problems(ann, method, path, status):
    response = await ann.request(method, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


async def test_a_process_is_ready_also_without_its_database(house, nobody):
    house.database.is_down = True

    response = await nobody.get("/api/receipts/healthz")

    assert response.status_code == 200


async def test_the_page_for_people_is_of_this_service(nobody):
    page = await nobody.get("/api/receipts/docs")

    assert "<title>Parley: the HTTP API of receipts</title>" in page.text
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.svg", "start.js"):
        assert f"docs/{file}" in page.text
        assert (await nobody.get(f"/api/receipts/docs/{file}")).status_code == 200


async def test_the_document_is_served(nobody):
    response = await nobody.get("/api/receipts/openapi.json")

    assert response.json()["paths"].keys() == DOCUMENT["paths"].keys()
