"""What an answer of a push service means, when it is tried again, and what a browser is told."""

import json
import re

import pytest

from services.queue.domain.web_push import (
    TRIES,
    Outcome,
    again_after_s,
    name_of_host,
    outcome_of,
    payload_of,
    retry_after_s,
    topic_of,
)

ROOM, OTHER = (f"01890a5d-ac96-774b-bcce-b302099a805{number}" for number in range(2))
AUTH = b"a" * 16


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.PUSHED),
        (201, Outcome.PUSHED),
        (204, Outcome.PUSHED),
        (301, Outcome.REFUSED),
        (307, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (413, Outcome.REFUSED),
        (429, Outcome.THROTTLED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
def test_what_an_answer_means(status, outcome):
    assert outcome_of(status) is outcome


def test_only_what_may_pass_is_tried_again():
    passing = {each for each in Outcome if each.is_passing}

    assert passing == {Outcome.THROTTLED, Outcome.FAILED, Outcome.TIMEOUT}


def again(tries, wait_s=None):
    return again_after_s(tries, retry_after_s=wait_s, random=lambda: 1.0)


def test_tries_are_ever_further_apart_and_bounded():
    assert [again(tries) for tries in range(1, TRIES + 1)] == [2, 4, 8, 16, None]


def test_a_push_service_may_ask_for_more_time_but_not_for_less_nor_for_ever():
    assert [again(1, 90.0), again(1, 0.0), again(1, 1e9)] == [90.0, 2.0, 3600.0]
    assert again(TRIES, 90.0) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        ("0", 0.0),
        ("9" * 5000, 3600.0),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_how_long_a_push_service_wants_to_be_left_alone(text, seconds):
    assert retry_after_s(text) == seconds


def test_a_browser_is_told_a_room_and_a_count_and_nothing_else():
    assert json.loads(payload_of(ROOM, 3)) == {"room": ROOM, "waiting": 3}


def test_a_topic_is_the_same_for_a_room_and_tells_nothing_of_it():
    topic = topic_of(ROOM, AUTH)

    assert topic == topic_of(ROOM, AUTH)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic)
    assert len({topic, topic_of(OTHER, AUTH), topic_of(ROOM, b"b" * 16)}) == 3


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("fcm.googleapis.com", "fcm.googleapis.com"),
        ("wns2-db5p.notify.windows.com", "notify.windows.com"),
        ("evilfcm.googleapis.com.example", "other"),
        ("xfcm.googleapis.com", "other"),
        ("fcm.googleapis.com:8443", "other"),
    ],
)
def test_only_known_push_services_have_a_name_in_metrics(host, name):
    assert name_of_host(host) == name
