import json
import logging
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from libs.common.errors import (
    BadFrame,
    CsrfFailed,
    ParleyError,
    PermissionDenied,
    RateLimited,
    Timeout,
    Unauthenticated,
    Unavailable,
)
from libs.common.http.problems import problem, problem_of, server_error

REQUEST = RequestFactory().get("/api/chat/rooms")


def read(response: HttpResponse) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert document["status"] == response.status_code
    return document


@pytest.mark.parametrize(
    "error", [cls() for cls in ParleyError.__subclasses__()], ids=lambda error: error.code
)
def test_every_error_is_a_problem_with_its_code_and_status(error):
    document = read(problem(error))

    assert document["code"] == error.code
    assert document["status"] == error.http_status
    assert document["type"] == f"urn:parley:error:{error.code}"
    assert document["title"]
    assert document["detail"]


def test_the_title_belongs_to_the_code_and_the_detail_to_the_case():
    document = read(problem(PermissionDenied("Not here.")))

    assert document["title"] == PermissionDenied.default_message
    assert document["detail"] == "Not here."


def test_wrong_members_are_named():
    document = read(problem(BadFrame(fields={"seq": ["Expected `int`."]})))

    assert document["errors"] == {"seq": ["Expected `int`."]}


def test_who_is_not_signed_in_learns_how_to():
    response = problem(Unauthenticated())

    assert response["WWW-Authenticate"].startswith("Bearer")
    assert read(response)["login_url"] == "/"


@pytest.mark.parametrize("error", [RateLimited, Unavailable])
def test_the_time_to_wait_is_told_in_whole_seconds_and_exactly(error):
    response = problem(error(retry_after_s=1.25))

    assert response["Retry-After"] == "2"
    assert read(response)["retry_after"] == 1.25


@pytest.mark.parametrize("error", [RateLimited(), Unavailable()])
def test_the_time_to_wait_is_told_even_where_the_error_does_not_know_it(error):
    assert problem(error)["Retry-After"] == "1"


@pytest.mark.parametrize("error", [BadFrame(), CsrfFailed(), Timeout()])
def test_members_that_say_nothing_are_left_out(error):
    document = read(problem(error))

    assert set(document) == {"type", "title", "status", "detail", "code"}


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (Http404(), "not_found"),
        (RequestDataTooBig(), "too_large"),
        (DisallowedHost(), "bad_frame"),
    ],
)
def test_what_django_raises_is_a_problem_too(raised, code):
    assert read(problem_of(REQUEST, raised))["code"] == code


def test_a_bug_is_answered_with_the_id_under_which_it_is_logged(caplog):
    secret = RuntimeError("password=1234")

    with caplog.at_level(logging.ERROR):
        document = read(problem_of(REQUEST, secret))

    [record] = caplog.records
    assert document["code"] == "internal"
    assert "1234" not in json.dumps(document)
    assert document["error_id"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is secret


def test_what_is_raised_outside_the_views_has_an_id_too():
    assert read(server_error(REQUEST))["error_id"]
