"""What a browser is given to keep: whom it is sent to, and that nothing else holds the same."""

from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from libs.common.tokens import ACCESS_COOKIE, CSRF_COOKIE
from tests.integration.chat.signing_in import PASSWORD, browser, new_name
from tests.integration.security.chat_in_production import chat_in_production
from tests.integration.waiting import WITHIN_S
from tests.production import HOST, ORIGIN

SESSION_COOKIE = "parley_session"
COOKIES = {
    ACCESS_COOKIE: (True, "/"),
    SESSION_COOKIE: (True, "/api/chat/"),
    CSRF_COOKIE: (False, "/"),
}
"""By name: whether it is HttpOnly, and its path."""
SECRET_COOKIES = (ACCESS_COOKIE, SESSION_COOKIE)
READ = (
    "/auth/session",
    "/sessions",
    "/me",
    "/rooms",
    "/users?search=p-",
    "/nothing",
    "/openapi.json",
)


def cookies_of(answer):
    """Return the cookies that an answer sets, by name, with their attributes."""
    found: dict[str, Morsel[str]] = {}
    for line in answer.headers.get_list("set-cookie"):
        found.update(SimpleCookie(line))
    return found


def attributes(cookie):
    names = ("httponly", "path", "secure", "samesite", "domain")
    return {name: cookie[name] for name in names}


@pytest.fixture(scope="module")
def production_url(world):
    with chat_in_production(world) as url:
        yield url


async def test_what_signing_in_gives_goes_over_tls_and_to_our_pages_alone(production_url):
    account = {"username": new_name(), "password": PASSWORD}
    ours = {"Host": HOST, "Origin": ORIGIN}
    async with httpx.AsyncClient(
        base_url=f"{production_url}/api/chat/auth", headers=ours, timeout=WITHIN_S
    ) as http:
        answers = [await http.post(f"/{how}", json=account) for how in ("register", "login")]

    for answer in answers:
        assert answer.is_success
        assert {name: attributes(each) for name, each in cookies_of(answer).items()} == {
            name: {
                "httponly": True if is_hidden else "",
                "path": path,
                "secure": True,
                "samesite": "Lax",
                "domain": "",
            }
            for name, (is_hidden, path) in COOKIES.items()
        }


async def test_what_signing_out_takes_away_was_given_for_the_same_paths(world):
    async with browser(world) as one:
        await one.register(new_name())
        gone = await one.http.post("/auth/logout", json={})

    taken = cookies_of(gone)
    assert {name: cookie["path"] for name, cookie in taken.items()} == {
        name: COOKIES[name][1] for name in SECRET_COOKIES
    }
    assert {(cookie.value, cookie["max-age"]) for cookie in taken.values()} == {("", "0")}


async def test_no_answer_to_a_browser_repeats_what_it_keeps_hidden(world):
    async with browser(world) as one:
        told = [await one.register(new_name())]
        kept = {each.name: each.value or "" for each in one.http.cookies.jar}
        answers = [await one.http.get(path) for path in READ]
        one.http.headers.pop("X-CSRFToken")
        answers.append(await one.http.patch("/me", json={"display_name": "Ann"}))
        answers.append(await one.http.get(str(one.http.base_url.join("/"))))
        async with one.socket() as client:
            told.append(client.welcome)

    texts = [str(each) for each in told] + [each.text for each in answers]
    texts += [str(each.headers.get("location")) for each in answers]
    hidden = [kept[name] for name in SECRET_COOKIES]
    assert all(hidden)
    assert [text for text in texts if any(value in text for value in hidden)] == []


async def test_a_bearer_token_is_in_the_body_that_was_asked_for_it_and_sets_no_cookie(world):
    account = {"username": new_name(), "password": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{world.url}/api/chat", timeout=WITHIN_S) as http:
        await http.post("/auth/register", json=account)
        http.cookies.clear()
        answer = await http.post("/auth/token", json=account)
        token = answer.json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        others = [await http.get(path) for path in READ if path != "/auth/session"]
        others.append(await http.post("/auth/ticket"))

    assert answer.headers.get_list("set-cookie") == []
    assert [each.headers.get_list("set-cookie") for each in others] == [[]] * len(others)
    assert not any(token in each.text for each in others)
