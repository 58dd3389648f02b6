import pytest

from libs.common.doctor import checks
from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules import way_in
from libs.common.doctor.rules.way_in import Answer, SocketFacts
from libs.common.secure_headers import HEADERS, HSTS
from services.chat.consumers.socket import HEARTBEAT_S
from services.chat.domain.closing import NOT_AUTHENTICATED
from services.chat.domain.pictures import SENT_BYTES

OK, LOOK, WRONG = Verdict
WELL = b'{"status":"ok"}'
PROBLEM = {"content-type": "application/problem+json"}
HTML = {"content-type": "text/html"}


@pytest.mark.parametrize(("status", "verdict"), [(200, OK), (400, WRONG), (502, WRONG)])
def test_people_have_to_come_in(status, verdict):
    assert way_in.judge_site(Answer(status, {}, WELL)).verdict is verdict


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, WELL, OK),
        (200, b"<html>", WRONG),
        (404, b"", WRONG),
        (400, b"", WRONG),
        (503, b"", WRONG),
    ],
)
def test_a_path_has_to_lead_to_its_service(status, body, verdict):
    found = way_in.judge_service("queue", Answer(status, {}, body))

    assert (found.verdict, found.about) == (verdict, "queue")


def test_headers_have_to_arrive_as_they_are():
    both = {**HEADERS, "strict-transport-security": HSTS}
    changed = both | {"x-frame-options": "SAMEORIGIN"}

    assert way_in.judge_headers(Answer(200, both, WELL), https=True).verdict is OK
    assert way_in.judge_headers(Answer(200, HEADERS, WELL), https=False).verdict is OK
    without = way_in.judge_headers(Answer(200, HEADERS, WELL), https=True)
    assert (without.verdict, "strict-transport-security" in without.seen) == (WRONG, True)
    found = way_in.judge_headers(Answer(200, changed, WELL), https=True)
    assert found.seen == "Missing or changed: x-frame-options."


@pytest.mark.parametrize(("days", "verdict"), [(14, OK), (13.9, LOOK), (3, LOOK), (2.9, WRONG)])
def test_a_certificate_has_to_be_renewed_in_time(days, verdict):
    assert way_in.judge_certificate(days).verdict is verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (None, OK),
        (Answer(308, {"location": "https://chat.example/healthz"}, b""), OK),
        (Answer(301, {"location": "https://chat.example.evil.example/"}, b""), WRONG),
        (Answer(301, {"location": "http://chat.example/"}, b""), WRONG),
        (Answer(200, {}, WELL), WRONG),
    ],
)
def test_plain_http_has_to_lead_to_https(answer, verdict):
    assert way_in.judge_redirect(answer, host="chat.example").verdict is verdict


@pytest.mark.parametrize(
    ("facts", "verdict", "cure"),
    [
        (SocketFacts(close_code=4001), OK, ""),
        (SocketFacts(status=403), WRONG, "ALLOWED_ORIGINS"),
        (SocketFacts(status=426), WRONG, "Upgrade"),
        (SocketFacts(close_code=4503), LOOK, "log of chat"),
        (SocketFacts(lasted_s=1.5), LOOK, "log of chat"),
    ],
)
def test_a_stranger_is_let_in_and_told(facts, verdict, cure):
    found = way_in.judge_stranger(facts)

    assert found.verdict is verdict
    assert cure in found.do


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (SocketFacts(status=403), OK),
        (SocketFacts(status=502), LOOK),
        (SocketFacts(close_code=4001), WRONG),
    ],
)
def test_a_foreign_page_is_not_let_in(facts, verdict):
    assert way_in.judge_foreign_page(facts).verdict is verdict


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [(401, PROBLEM, OK), (413, HTML, WRONG), (413, PROBLEM, LOOK), (401, HTML, LOOK)],
)
def test_a_picture_has_to_pass(status, headers, verdict):
    assert way_in.judge_body(Answer(status, headers, b"")).verdict is verdict


@pytest.mark.parametrize(
    ("trusted", "development", "verdict"),
    [
        (["172.30.99.2"], False, OK),
        (["10.1.0.0/16"], False, OK),
        (["10.0.0.0/8"], False, LOOK),
        (["10.1.2.3", "0.0.0.0/0"], False, WRONG),
        (["::/0"], False, WRONG),
        (["proxy"], False, WRONG),
        ([], False, LOOK),
        ([], True, OK),
    ],
)
def test_addresses_are_believed_from_proxies_alone(trusted, development, verdict):
    (found,) = way_in.judge_proxies(trusted, development=development)

    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (SocketFacts(lasted_s=95), OK),
        (SocketFacts(close_code=1006, lasted_s=60), WRONG),
        (SocketFacts(close_code=4001), LOOK),
        (SocketFacts(status=502), LOOK),
        (None, LOOK),
    ],
)
def test_a_silent_socket_has_to_live(facts, verdict):
    assert way_in.judge_idle(facts).verdict is verdict


def test_what_cannot_be_reached_is_wrong_where_somebody_said_that_it_can():
    said = way_in.judge_unreachable(checks.WAY_IN, "", "away", told=True)
    guessed = way_in.judge_unreachable(checks.WAY_IN, "", "away", told=False)
    ended = way_in.judge_unreachable(checks.WAY_IN, "", "certificate", told=False)

    assert [said.verdict, guessed.verdict, ended.verdict] == [WRONG, LOOK, WRONG]


def test_what_it_knows_of_chat_by_heart_is_so():
    assert way_in.BODY_BYTES == SENT_BYTES
    assert way_in.NOT_AUTHENTICATED == NOT_AUTHENTICATED
    assert way_in.IDLE_S > 3 * HEARTBEAT_S
