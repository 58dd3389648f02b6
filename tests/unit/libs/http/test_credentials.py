from typing import Any, cast

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from dev.keys import make_secrets
from libs.common.clock import ManualClock
from libs.common.errors import CsrfFailed, RateLimited, Unauthenticated
from libs.common.http.credentials import TokenHoldersOnly
from libs.common.rates.keyed import KeyedLimit
from libs.common.tokens import LIFETIME_S, Issuer, Verifier

SID = "01890a5d-ac96-774b-bcce-b302099a8057"


class House:
    """A service other than chat, as far as it judges tokens, and chat, which makes them."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        self.clock = ManualClock()
        self.tokens = Issuer(secrets.token_signing_key, verify_keys=keys, clock=self.clock)
        self.verifier = Verifier(keys, clock=self.clock)
        self.requests = KeyedLimit(self.clock, per_s=1, burst=3)
        self.only = TokenHoldersOnly(lambda _: self.verifier, lambda _: self.requests)

    def token(self) -> str:
        return self.tokens.issue(sub="alice", sid=SID, name="alice", staff=False)


@pytest.fixture
def house():
    return House()


def request(
    method: str = "GET", *, cookie: str | None = None, authorization: str | None = None
) -> HttpRequest:
    headers = {} if authorization is None else {"Authorization": authorization}
    made: Any = RequestFactory().generic(method, "/", headers=headers)
    if cookie is not None:
        made.COOKIES["parley_access"] = cookie
    return cast(HttpRequest, made)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_bearer_token_opens_whatever_is_asked(house, method, scheme):
    claims = await house.only(request(method, authorization=f"{scheme} {house.token()}"))

    assert (claims.sub, claims.sid) == ("alice", SID)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_access_cookie_lets_a_browser_read(house, method):
    claims = await house.only(request(method, cookie=house.token()))

    assert claims.sub == "alice"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_with_a_cookie_alone_nothing_is_written(house, method):
    with pytest.raises(CsrfFailed):
        await house.only(request(method, cookie=house.token()))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_brings_nothing_is_not_signed_in(house, method):
    with pytest.raises(Unauthenticated):
        await house.only(request(method))


@pytest.mark.parametrize("authorization", ["Bearer junk", "Bearer", "Basic YTpi", ""])
async def test_a_wrong_header_is_not_made_up_for_by_a_good_cookie(house, authorization):
    with pytest.raises(Unauthenticated):
        await house.only(request(cookie=house.token(), authorization=authorization))


async def test_a_good_header_makes_a_wrong_cookie_unimportant(house):
    asked = request("POST", cookie="junk", authorization=f"Bearer {house.token()}")

    assert (await house.only(asked)).sub == "alice"


async def test_a_token_that_has_ended_is_refused(house):
    token = house.token()
    house.clock.advance(LIFETIME_S)

    with pytest.raises(Unauthenticated):
        await house.only(request(authorization=f"Bearer {token}"))


async def test_a_ticket_is_no_token(house):
    ticket = house.tokens.issue_ticket(sub="alice", sid=SID)

    with pytest.raises(Unauthenticated):
        await house.only(request(authorization=f"Bearer {ticket}"))


async def test_who_asks_too_much_is_told_when_to_go_on(house):
    for _ in range(3):
        await house.only(request(authorization=f"Bearer {house.token()}"))

    with pytest.raises(RateLimited) as refused:
        await house.only(request(authorization=f"Bearer {house.token()}"))
    house.clock.advance(refused.value.retry_after_s)

    claims = await house.only(request(authorization=f"Bearer {house.token()}"))

    assert claims.sub == "alice"
