"""``/api/queue/push`` without PostgreSQL: which browsers are taken, and what is said of others."""

import datetime as dt

import msgspec
import pytest

from libs.common.errors import Unauthenticated
from services.queue.actions.web_push.subscriptions import Subscription
from services.queue.domain.endpoints import EndpointRules
from services.queue.domain.vapid import base64url
from tests.unit.queue.api.house import ANN, ENDPOINT, PUSH_KEY, browser

KEYS = browser()["keys"]


def settings(house, **changes):
    """Let the process have other settings."""
    house.parts = msgspec.structs.replace(house.parts, **changes)


@pytest.fixture
def off(house):
    settings(house, push_key=None)


async def test_the_key_with_which_a_browser_subscribes_is_told(ann):
    assert (await ann.get("/push")).json() == {"public_key": PUSH_KEY}


async def test_a_browser_is_kept_once_for_who_asks_and_their_sign_in(house, ann):
    asked = browser(expirationTime=1_800_000_000_000.5, more="is ignored")

    first, again = await ann.post("/push", json=asked), await ann.post("/push", json=asked)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"endpoint": ENDPOINT}
    assert house.database.asked[0] == Subscription(
        user=ANN,
        sid="s",
        endpoint=ENDPOINT,
        host="push.example",
        expires_at=dt.datetime(2027, 1, 15, 8, 0, 0, 500, dt.UTC),
        **asked["keys"],
    )


async def test_without_keys_nothing_is_taken_and_that_is_said(off, house, ann):
    key, answer = await ann.get("/push"), await ann.post("/push", json=browser())
    gone = await ann.request("DELETE", "/push", json={"endpoint": ENDPOINT})

    assert key.json() == {"public_key": None}
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert gone.status_code == 204
    assert house.database.asked == [[ANN, ENDPOINT]]


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"endpoint": "http://push.example/id"}, "endpoint"),
        ({"endpoint": "http://127.0.0.1/id"}, "endpoint"),
        ({"endpoint": "https://10.0.0.1/id"}, "endpoint"),
        ({"endpoint": "https://ann:secret@push.example/id"}, "endpoint"),
        ({"endpoint": "https://push.example/" + "i" * 2048}, "endpoint"),
        ({"endpoint": 7}, "endpoint"),
        ({"expirationTime": -1}, "expirationTime"),
        ({"expirationTime": "soon"}, "expirationTime"),
        ({"keys": {"p256dh": KEYS["p256dh"]}}, "keys"),
        ({"keys": KEYS | {"auth": base64url(b"a" * 15)}}, "keys.auth"),
        ({"keys": KEYS | {"auth": "no base64!"}}, "keys.auth"),
        ({"keys": KEYS | {"p256dh": base64url(b"\4" + b"a" * 64)}}, "keys.p256dh"),
        ({"keys": KEYS | {"p256dh": base64url(b"\4" * 33)}}, "keys.p256dh"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_browser_is_said_by_member(house, ann, wrong, member):
    answer = await ann.post("/push", json=browser(**wrong))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert list(answer.json()["errors"]) == [member]
    assert house.database.asked == []


async def test_all_that_is_wrong_is_said_at_once(ann):
    wrong = browser(endpoint="https://[::1]/id", keys={"p256dh": "", "auth": ""})

    answer = await ann.post("/push", json=wrong)

    assert set(answer.json()["errors"]) == {"endpoint", "keys.p256dh", "keys.auth"}


async def test_only_hosts_that_are_used_here_are_taken(house, nobody):
    rules = EndpointRules(hosts=("*.example.org",))
    assert rules.allows("push.example.org")

    with pytest.raises(ValueError, match="not used here"):
        rules.check(ENDPOINT)


async def test_who_has_signed_out_has_no_browser_kept_though_their_token_holds(house, ann):
    house.database.fails = Unauthenticated()

    assert (await ann.post("/push", json=browser())).status_code == 401


async def test_a_browser_is_forgotten_for_who_asks(house, ann):
    answer = await ann.request("DELETE", "/push", json={"endpoint": ENDPOINT})

    assert (answer.status_code, answer.content) == (204, b"")
    assert house.database.asked == [[ANN, ENDPOINT]]
