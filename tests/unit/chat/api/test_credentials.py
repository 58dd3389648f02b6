from typing import Any, cast

import pytest
from django.http import HttpRequest
from django.middleware.csrf import _get_new_csrf_string
from django.test import AsyncRequestFactory

from dev.keys import make_secrets
from libs.common.clock import ManualClock
from libs.common.errors import BadJson, CsrfFailed, RateLimited, Unauthenticated
from libs.common.rates.keyed import KeyedLimit
from libs.common.tokens import LIFETIME_S, Issuer, Verifier
from services.chat.api.credentials import (
    StaleAccessCookie,
    check_same_site,
    signed_in,
    signed_in_lately,
)
from services.chat.models import User
from services.chat.selectors.people import BrowserSession
from tests.unit.chat.api.some_parts import state_with

ALICE = User(username="alice", display_name="Alice")
SID = "01890a5d-ac96-774b-bcce-b302099a8057"
OURS = "http://127.0.0.1:8000"


class FakeDatabase:
    """Answers as the selectors would: for sign-ins that have not ended, and for one session."""

    def __init__(self) -> None:
        self.signed_in = {SID}

    async def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        if function.__name__ == "session_owner":
            return ALICE if kwargs["sid"] in self.signed_in else None
        assert function.__name__ == "browser_session"
        return BrowserSession(user=ALICE, sid=SID) if args == ("sessionkey",) else None


class House:
    """A chat process without anything but what credentials are judged with."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        self.clock = ManualClock()
        self.database = FakeDatabase()
        self.tokens = Issuer(secrets.token_signing_key, verify_keys=keys, clock=self.clock)
        self.verifier = Verifier(keys, clock=self.clock)
        self.requests = KeyedLimit(self.clock, per_s=1, burst=3)

    def token(self) -> str:
        return self.tokens.issue(sub=str(ALICE.id), sid=SID, name="alice", staff=False)

    def request(
        self,
        method: str = "GET",
        *,
        cookies: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> HttpRequest:
        request: Any = AsyncRequestFactory().generic(
            method, "/api/chat/rooms", b"{}", content_type=content_type, headers=headers or {}
        )
        request.scope["state"] = state_with(
            database=self.database, verifier=self.verifier, requests=self.requests
        )
        request.COOKIES.update(cookies or {})
        return cast(HttpRequest, request)


@pytest.fixture
def house(settings):
    settings.CSRF_COOKIE_NAME = "parley_csrf"
    settings.CSRF_TRUSTED_ORIGINS = [OURS]
    settings.SESSION_COOKIE_NAME = "parley_session"
    return House()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_bearer_token_tells_who_asks(house):
    caller = await signed_in(house.request("POST", headers=bearer(house.token())))

    assert (caller.user, caller.sid, caller.by) == (ALICE, SID, "bearer")


async def test_the_access_cookie_tells_who_asks(house):
    caller = await signed_in(house.request(cookies={"parley_access": house.token()}))

    assert (caller.user, caller.by) == (ALICE, "access cookie")


async def test_the_session_cookie_tells_who_asks(house):
    caller = await signed_in(house.request(cookies={"parley_session": "sessionkey"}))

    assert (caller.user, caller.by) == (ALICE, "session cookie")


async def test_nobody_is_not_signed_in(house):
    with pytest.raises(Unauthenticated):
        await signed_in(house.request())


@pytest.mark.parametrize("header", ["Bearer junk", "Bearer", "Basic YTpi", ""])
async def test_a_wrong_header_is_not_made_up_for_by_good_cookies(house, header):
    cookies = {"parley_access": house.token(), "parley_session": "sessionkey"}

    with pytest.raises(Unauthenticated):
        await signed_in(house.request(cookies=cookies, headers={"Authorization": header}))


async def test_a_wrong_access_cookie_is_not_made_up_for_by_a_good_session(house):
    cookies = {"parley_access": "junk", "parley_session": "sessionkey"}

    # The browser is told to forget it: then the session decides.
    with pytest.raises(StaleAccessCookie):
        await signed_in(house.request(cookies=cookies))


async def test_an_access_cookie_that_did_not_decide_is_not_called_stale(house):
    request = house.request(
        cookies={"parley_access": house.token()}, headers={"Authorization": "Bearer junk"}
    )

    with pytest.raises(Unauthenticated) as refused:
        await signed_in(request)

    assert not isinstance(refused.value, StaleAccessCookie)


async def test_a_good_token_of_an_ended_sign_in_is_refused(house):
    token = house.token()
    house.database.signed_in.clear()

    with pytest.raises(Unauthenticated):
        await signed_in(house.request(headers=bearer(token)))


async def test_a_token_that_has_just_ended_only_serves_its_renewal(house):
    request = house.request(headers=bearer(house.token()))
    house.clock.advance(LIFETIME_S + 1)

    with pytest.raises(Unauthenticated):
        await signed_in(request)
    assert (await signed_in_lately(request)).user == ALICE


async def test_a_cookie_request_that_writes_needs_the_csrf_token(house):
    cookies = {"parley_access": house.token(), "parley_csrf": _get_new_csrf_string()}
    foreign = {"X-CSRFToken": _get_new_csrf_string()}

    with pytest.raises(CsrfFailed):
        await signed_in(house.request("POST", cookies=cookies))
    with pytest.raises(CsrfFailed):
        await signed_in(house.request("POST", cookies=cookies, headers=foreign))


async def test_the_csrf_token_lets_a_cookie_request_write(house):
    secret = _get_new_csrf_string()
    cookies = {"parley_session": "sessionkey", "parley_csrf": secret}
    headers = {"X-CSRFToken": secret, "Origin": OURS}

    caller = await signed_in(house.request("POST", cookies=cookies, headers=headers))

    assert caller.user == ALICE


async def test_a_foreign_page_does_not_write_even_with_the_csrf_token(house):
    secret = _get_new_csrf_string()
    cookies = {"parley_access": house.token(), "parley_csrf": secret}
    headers = {"X-CSRFToken": secret, "Origin": "http://evil.example"}

    with pytest.raises(CsrfFailed):
        await signed_in(house.request("POST", cookies=cookies, headers=headers))


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_is_refused_before_anybody_parses_it(house, content_type):
    cookies = {"parley_access": house.token()}

    with pytest.raises(BadJson):
        await signed_in(house.request("POST", cookies=cookies, content_type=content_type))


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": OURS}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_pages_and_programs_sign_people_in(house, headers):
    check_same_site(house.request("POST", headers=headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": OURS + ".evil.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_foreign_pages_do_not_sign_people_in(house, headers):
    with pytest.raises(CsrfFailed):
        check_same_site(house.request("POST", headers=headers))


async def test_who_asks_too_much_is_told_when_to_go_on(house):
    for _ in range(3):
        await signed_in(house.request("POST", headers=bearer(house.token())))

    with pytest.raises(RateLimited) as refused:
        await signed_in(house.request("POST", headers=bearer(house.token())))
    house.clock.advance(refused.value.retry_after_s)

    caller = await signed_in(house.request("POST", headers=bearer(house.token())))

    assert caller.by == "bearer"
