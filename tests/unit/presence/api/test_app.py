"""``/api/presence/`` without Redis and PostgreSQL: who may ask what, and what is said without them."""

import datetime as dt
from typing import Any, cast

import httpx
import pytest
from django.core.asgi import get_asgi_application
from redis.exceptions import ConnectionError as NoRedis

from dev.keys import make_secrets
from libs.common.breakers import Breaker
from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.events import PersonPresence
from libs.common.http.parts import with_parts
from libs.common.tokens import ACCESS_COOKIE, Issuer, Verifier
from services.presence.api.app import api
from services.presence.api.parts import Parts
from services.presence.api.people import IDS
from services.presence.models import UserStatus
from services.presence.selectors.statuses import Own, Seen
from services.presence.store import CONNECTIONS, USER
from services.presence.store.sessions import Known
from tests.unit.generous import generous_limit
from tests.unit.openapi import document_of

DOCUMENT = document_of(api, "presence")
OPERATIONS = [
    (path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for operation in methods.values()
]
OPEN_TO_ALL = {"healthz"}
ANN, BOB, EVE = (f"01890a5d-ac96-774b-bcce-b302099a805{number}" for number in range(3))
SEEN_MS = 1_800_000_000_000
SEEN = "2027-01-15T08:00:00.000Z"
LATER = "2027-01-15T08:00:10.000Z"


class Database:
    """Knows whom each may see, and what is written of somebody; or is down."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.hidden: set[str] = set()
        self.strangers: set[str] = set()
        self.row: UserStatus | None = None
        self.is_down = False

    async def run(self, function, *args, **kwargs):
        if self.is_down:
            raise Unavailable(retry_after_s=1)
        return getattr(self, function.__name__, lambda *args, **kwargs: None)(*args, **kwargs)

    def seen_by(self, *, user_id, ids, is_staff):
        self.asked.append({"user_id": user_id, "ids": ids})
        if self.strangers & set(ids):
            return None
        known = [Known(user=user, last_seen_ms=SEEN_MS, is_online=False) for user in ids]
        return Seen(known=known, showing=frozenset(ids) - self.hidden)

    def written_of(self, user):
        self.asked.append({"user_id": user})
        known = Known(user=user, last_seen_ms=SEEN_MS, is_online=False)
        return Own(known=known, row=self.row)


class Store:
    """Says how people are of whom it knows; or Redis is gone."""

    def __init__(self) -> None:
        self.people: dict[str, PersonPresence] = {}
        self.told: list[bool] = []
        self.fails: Exception | None = None

    async def look(self, people, *, and_tell):
        self.told.append(and_tell)
        if self.fails is not None:
            raise self.fails
        return [self.people[each.user] for each in people if each.user in self.people]


class Redis:
    """Answers any script or pipeline with what it is told to, and notes the keys that are read; or is gone."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.keys: set[str] = set()
        self.heard_ms = {"p": SEEN_MS + 10_000}
        self.fails: Exception | None = None

    def pipeline(self, *, transaction):
        return self

    def _queue(self, key, *_):
        self.keys.add(key)

    scard = zcard = _queue

    def register_script(self, _text):
        return self._run

    async def _run(self, *, keys, args):
        self.keys.update(keys)
        return [await self.execute() for _ in args]

    async def execute(self):
        if self.fails is not None:
            raise self.fails
        return self.replies

    async def zmscore(self, key, names):
        return [self.heard_ms.get(name, SEEN_MS) for name in names]


class House:
    """A presence process without what it stands on, and somebody who is signed in."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        clock = ManualClock()
        self.issuer = Issuer(secrets.token_signing_key, verify_keys=keys, clock=clock)
        self.database, self.store, self.redis = Database(), Store(), Redis()
        self.parts = Parts(
            database=cast(Any, self.database),
            redis=cast(Any, self.redis),
            store=cast(Any, self.store),
            breaker=Breaker("redis-of-a-test", clock=clock),
            verifier=Verifier(keys, clock=clock),
            requests=generous_limit(),
        )

    def token(self, *, staff=False):
        return self.issuer.issue(sub=ANN, sid="s", name="ann", staff=staff)

    def know(self, user, status, last_seen_ms=None):
        self.store.people[user] = PersonPresence(user, status, last_seen_ms)

    def lose_redis(self):
        self.store.fails = self.redis.fails = NoRedis()


@pytest.fixture
def house(settings):
    settings.ROOT_URLCONF = "services.presence.urls"
    settings.MIDDLEWARE = ["libs.common.http.middleware.problem_answers"]
    return House()


@pytest.fixture
async def nobody(house):
    app: Any = with_parts(get_asgi_application(), house.parts)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://presence/api/presence"
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


def shown(response):
    return [(each["id"], each["status"], each["last_seen"]) for each in response.json()["users"]]


# -- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
async def test_nobody_gets_anything_that_is_not_open_to_all(house, nobody, path, operation):
    response = await nobody.get(f"http://presence{path}", params={"ids": BOB})

    if operation["operationId"] not in OPEN_TO_ALL:
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert (house.database.asked, house.store.told) == ([], [])


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
async def test_nothing_can_be_written(ann, path, operation):
    response = await ann.post(f"http://presence{path}", json={})

    assert response.status_code == 405
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_a_browser_asks_with_its_cookie(house, nobody):
    nobody.cookies.set(ACCESS_COOKIE, house.token())

    response = await nobody.get("/users", params={"ids": BOB})

    assert response.status_code == 200


# -- /users ---------------------------------------------------------------------------------------


async def test_people_are_told_in_the_order_in_which_they_were_asked_for_each_once(house, ann):
    house.know(BOB, "offline", SEEN_MS)
    house.know(EVE, "online")

    response = await ann.get("/users", params={"ids": f"{EVE},{BOB},{EVE},{ANN}"})

    assert shown(response) == [
        (EVE, "online", None),
        (BOB, "offline", SEEN),
        (ANN, "unknown", None),
    ]
    assert house.database.asked == [{"user_id": ANN, "ids": [EVE, BOB, ANN]}]


async def test_asking_is_told_to_nobody_else(house, ann):
    await ann.get("/users", params={"ids": BOB})
    await ann.get("/me")

    assert house.store.told == [False, False]


async def test_when_somebody_was_there_is_not_shown_by_whom_who_hides_it(house, ann):
    house.know(BOB, "offline", SEEN_MS)
    house.know(EVE, "offline", SEEN_MS)
    house.database.hidden = {BOB}

    response = await ann.get("/users", params={"ids": f"{BOB},{EVE}"})

    assert shown(response) == [(BOB, "offline", None), (EVE, "offline", SEEN)]


async def test_one_stranger_among_others_and_nothing_is_told(house, ann):
    house.know(BOB, "online")
    house.database.strangers = {EVE}

    response = await ann.get("/users", params={"ids": f"{BOB},{EVE}"})

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert house.store.told == []


@pytest.mark.parametrize(
    "ids",
    [
        "",
        ",",
        f"{BOB},",
        f"{BOB}, {EVE}",
        BOB.upper(),
        f"{{{BOB}}}",
        "bob",
        ",".join(f"01890a5d-ac96-774b-bcce-{number:012}" for number in range(IDS + 1)),
    ],
    ids=["empty", "comma", "comma behind", "blank", "capitals", "braces", "name", "too many"],
)
async def test_what_are_no_ids_or_too_many_is_named(house, ann, ids):
    response = await ann.get("/users", params={"ids": ids})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["ids"])
    assert house.database.asked == []


async def test_without_ids_it_is_said_what_is_missing(ann):
    response = await ann.get("/users")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["ids"])


async def test_as_many_as_there_may_be_are_answered_for(house, ann):
    ids = [f"01890a5d-ac96-774b-bcce-{number:012}" for number in range(IDS)]

    response = await ann.get("/users", params={"ids": ",".join(ids)})

    assert [each for each, _, _ in shown(response)] == ids


async def test_without_redis_everybody_is_unknown(house, ann):
    house.lose_redis()

    response = await ann.get("/users", params={"ids": f"{BOB},{ANN}"})

    assert response.status_code == 200
    assert shown(response) == [(BOB, "unknown", None), (ANN, "unknown", None)]


async def test_behind_an_open_breaker_redis_is_not_asked(house, ann):
    house.lose_redis()
    for _ in range(5):
        await ann.get("/users", params={"ids": BOB})
    asked = len(house.store.told)

    response = await ann.get("/users", params={"ids": BOB})

    assert (response.status_code, len(house.store.told)) == (200, asked)


@pytest.mark.parametrize("path", [f"/users?ids={BOB}", "/me"])
async def test_without_the_database_it_is_unavailable(house, ann, path):
    house.database.is_down = True

    response = await ann.get(path)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


# -- /me ------------------------------------------------------------------------------------------


def row(**members):
    at = dt.datetime(2027, 1, 15, 8, tzinfo=dt.UTC)
    return UserStatus(
        user_id=ANN,
        is_online=True,
        last_seen=at,
        last_activity=at,
        active_connections=7,
        last_ping=at,
        changed_ms=1,
        **members,
    )


def live(*sessions, seen_ms=SEEN_MS, active_ms=SEEN_MS):
    """Reply as Redis does about one person's sessions."""
    times = [None if each is None else str(each).encode() for each in (seen_ms, active_ms)]
    return [1, 0, times, [session.encode() for session in sessions]]


async def test_one_sees_ones_own_sessions_and_the_newest_signs_of_oneself(house, ann):
    house.know(ANN, "online")
    house.database.row = row()
    house.redis.replies = live("active p", "away q", active_ms=SEEN_MS - 1)

    response = await ann.get("/me")

    assert response.json() == {
        "id": ANN,
        "status": "online",
        "last_seen": None,
        "last_activity": SEEN,
        "last_ping": LATER,
        "active_connections": 2,
    }
    assert house.database.asked == [{"user_id": ANN}]
    assert {USER + ANN, CONNECTIONS + ANN} <= house.redis.keys


async def test_one_sees_when_one_was_there_whatever_one_shows_to_others(house, ann):
    house.know(ANN, "offline", SEEN_MS)
    house.database.hidden = {ANN}
    house.redis.replies = live(seen_ms=None, active_ms=None)

    response = await ann.get("/me")

    assert (response.json()["status"], response.json()["last_seen"]) == ("offline", SEEN)
    assert response.json()["active_connections"] == 0


async def test_without_redis_one_sees_what_was_written_last(house, ann):
    house.database.row = row()
    house.lose_redis()

    response = await ann.get("/me")

    assert response.json() == {
        "id": ANN,
        "status": "unknown",
        "last_seen": None,
        "last_activity": SEEN,
        "last_ping": SEEN,
        "active_connections": 0,
    }


async def test_of_whom_nothing_was_ever_heard_nothing_is_told(house, ann):
    house.redis.replies = live(seen_ms=None, active_ms=None)

    response = await ann.get("/me")

    assert [response.json()[name] for name in ("last_activity", "last_ping")] == [None, None]


# -- /stats ---------------------------------------------------------------------------------------


async def test_how_many_are_there_is_for_staff(house, ann):
    response = await ann.get("/stats")

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


async def test_staff_is_told_how_many_are_there(house, staff):
    house.redis.replies = [3, 2, 1]

    response = await staff.get("/stats")

    assert response.json() == {"online": 3, "away": 2, "processes": 1}


async def test_without_redis_nobody_can_be_counted(house, staff):
    house.lose_redis()

    answers = [await staff.get("/stats") for _ in range(6)]

    assert {each.status_code for each in answers} == {503}
    assert answers[-1].headers["Retry-After"]


# -- health and documents -------------------------------------------------------------------------


async def test_a_process_is_ready_also_without_its_database(house, nobody):
    house.database.is_down = True

    response = await nobody.get("/healthz")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/user", "/users/", "/docs/..%2fapp.py"])
async def test_unknown_paths_are_problems(ann, path):
    response = await ann.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_the_page_for_people_and_the_document_are_of_this_service(nobody):
    page = await nobody.get("/docs")
    document = await nobody.get("/openapi.json")

    assert "<title>Parley: the HTTP API of presence</title>" in page.text
    assert document.json()["paths"].keys() == DOCUMENT["paths"].keys()
