import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory

from libs.common.errors import BadJson, CsrfFailed
from libs.common.http import csrf
from libs.common.tokens import CSRF_COOKIE

OURS = "https://chat.example"
HOST = "queue.internal"
SECRET, OTHER = "a" * 32, "b" * 32
WRITING = ["POST", "PUT", "PATCH", "DELETE"]


@pytest.fixture(autouse=True)
def service(settings):
    """What a service that takes writing requests of browsers has in its settings."""
    settings.CSRF_COOKIE_NAME = CSRF_COOKIE
    settings.CSRF_TRUSTED_ORIGINS = [OURS]
    settings.ALLOWED_HOSTS = [HOST]
    return settings


def request(method="POST", *, cookie=SECRET, token=SECRET, origin=OURS, **more):
    given = {"X-CSRFToken": token, "Origin": origin, "Host": HOST}
    headers = {name: value for name, value in given.items() if value is not None}
    more = {"data": b"{}", "content_type": "application/json"} | more
    made = RequestFactory().generic(method, "/", headers=headers, **more)
    if cookie is not None:
        made.COOKIES[CSRF_COOKIE] = cookie
    return made


@pytest.mark.parametrize("method", WRITING)
def test_our_page_writes_with_the_token(method):
    csrf.check_token(request(method))


@pytest.mark.parametrize("method", WRITING)
def test_the_body_can_still_be_read(method):
    asked = request(method, data=b'{"room": 1}')

    csrf.check_token(asked)

    assert asked.body == b'{"room": 1}'


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_nothing(method):
    csrf.check_token(request(method, cookie=None, token=None, origin="http://evil.example"))


@pytest.mark.parametrize("method", [*WRITING, "post", "PROPFIND"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"token": None},
        {"token": ""},
        {"token": OTHER},
        {"token": SECRET[:-1]},
        {"token": SECRET.upper()},
        {"token": "é" * 32},
        {"cookie": None},
        {"cookie": ""},
        {"cookie": OTHER},
        {"cookie": None, "token": None},
        {"cookie": "", "token": ""},
    ],
    ids=str,
)
def test_without_the_right_token_nothing_is_written(method, wrong):
    with pytest.raises(CsrfFailed):
        csrf.check_token(request(method, **wrong))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example.evil.example",
        "https://evil.chat.example",
        "https://chat.example/",
        "https://[::1",
    ],
)
def test_a_foreign_page_writes_nothing_whatever_it_knows(origin):
    with pytest.raises(CsrfFailed):
        csrf.check_token(request(origin=origin))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_host_that_is_asked_is_no_page_of_ours_by_itself(scheme):
    with pytest.raises(CsrfFailed):
        csrf.check_token(request(origin=f"{scheme}://{HOST}", secure=scheme == "https"))


def test_what_sends_no_origin_is_no_browser_and_needs_the_token_all_the_same():
    csrf.check_token(request(origin=None))

    with pytest.raises(CsrfFailed):
        csrf.check_token(request(origin=None, token=None))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLencoded; charset=utf-8",
        "multipart/form-data; boundary=x",
    ],
)
def test_no_form_is_looked_into_for_the_token(content_type):
    body = f"csrfmiddlewaretoken={SECRET}".encode()

    with pytest.raises(BadJson):
        csrf.check_token(request(token=None, data=body, content_type=content_type))


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/json"])
def test_a_token_in_a_body_is_worth_nothing(content_type):
    body = f"csrfmiddlewaretoken={SECRET}".encode()

    with pytest.raises(CsrfFailed):
        csrf.check_token(request(token=None, data=body, content_type=content_type))


def test_a_service_that_names_no_cookie_and_no_origin_lets_no_browser_write(service):
    service.CSRF_COOKIE_NAME, service.CSRF_TRUSTED_ORIGINS = "csrftoken", []

    for origin in (OURS, None):
        with pytest.raises(CsrfFailed):
            csrf.check_token(request(origin=origin))


@pytest.mark.parametrize("is_secure", [True, False])
def test_the_cookie_is_for_scripts_of_our_pages_alone(service, is_secure):
    service.CSRF_COOKIE_SECURE = is_secure
    asked, response = request("GET", cookie=None), HttpResponse()
    token = get_token(asked)

    csrf.set_cookie(asked, response)

    cookie = response.cookies[CSRF_COOKIE]
    assert (bool(cookie["secure"]), cookie["samesite"], cookie["path"]) == (is_secure, "Lax", "/")
    assert not cookie["httponly"]
    csrf.check_token(request(cookie=cookie.value, token=token))


def test_a_cookie_that_is_good_is_not_sent_again():
    asked, response = request(), HttpResponse()

    csrf.check_token(asked)
    csrf.set_cookie(asked, response)

    assert CSRF_COOKIE not in response.cookies
