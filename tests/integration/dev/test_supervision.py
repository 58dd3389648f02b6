"""What comes back by itself, and what stays down because a test holds it down."""

import json
import urllib.error
import urllib.request

import pytest

from dev.process import FIRST_DELAY_S
from libs.common.secure_headers import HEADERS

OPENER = urllib.request.build_opener()
ANSWERS_WITHIN_S = 60
pytestmark = pytest.mark.timeout(240)


def get(suite, path):
    return OPENER.open(f"{suite.state.gateway_url}{path}", timeout=ANSWERS_WITHIN_S)


@pytest.mark.parametrize("service", ["chat", "gateway", "redis", "postgres"])
def test_a_killed_process_comes_back(stand_in_suite, service):
    killed = stand_in_suite.kill(service)

    stand_in_suite.wait_until_ready(service)
    assert killed not in {process.pid for process in stand_in_suite.state.processes}
    assert "(Killed); starts again in" in stand_in_suite.log


def test_a_killed_process_is_missing_nowhere_while_another_serves(stand_in_suite):
    stand_in_suite.kill("chat")

    with get(stand_in_suite, "/healthz") as answer:
        assert answer.status == 200
    stand_in_suite.wait_until_ready("chat")


def test_a_stopped_service_stays_down_and_is_told_by_the_gateway(stand_in_suite):
    with stand_in_suite.stopped("chat"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(stand_in_suite, "/api/chat/rooms")
        with refused.value as answer:
            document = json.load(answer)

    assert answer.status in {502, 503}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) == document["retry_after"]
    assert document["status"] == answer.status
    assert document["code"] == "unavailable"
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    with get(stand_in_suite, "/healthz") as answer:
        assert answer.status == 200


def test_what_is_stopped_again_and_again_comes_back_as_soon_as_after_the_first_time(stand_in_suite):
    written = len(stand_in_suite.log)

    for _ in range(3):
        with stand_in_suite.stopped("redis"):
            pass

    assert stand_in_suite.log[written:].count(f"starts again in {FIRST_DELAY_S:g} s") == 3


def test_a_paused_service_hangs_and_goes_on(stand_in_suite):
    with stand_in_suite.paused("redis"):
        assert stand_in_suite.state.of("redis")

    stand_in_suite.wait_until_ready("redis")
