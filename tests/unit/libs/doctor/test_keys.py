import pytest

from dev.keys import make_secrets
from libs.common.clock import ManualClock
from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.keys import judge_issuer, judge_secret, judge_tokens, judge_web_push
from tests.unit.libs.doctor.facts import worse

OURS, THEIRS = make_secrets(), make_secrets()


def judged(signing_key=OURS.token_signing_key, verify_keys=OURS.token_verify_keys):
    return worse([*judge_tokens(signing_key, verify_keys, clock=ManualClock())])


def test_a_key_whose_public_half_is_there_is_fine():
    assert judged() == []


def test_a_service_that_signs_nothing_needs_no_key():
    assert judged(signing_key=None) == []


@pytest.mark.parametrize("signing_key", [THEIRS.token_signing_key, "", "-----BEGIN unused"])
def test_a_key_that_nobody_believes_is_wrong(signing_key):
    assert judged(signing_key=signing_key) == [("keys.tokens", Verdict.WRONG)]


@pytest.mark.parametrize("verify_keys", [None, {}, {"a": "no key"}])
def test_without_public_keys_nobody_is_believed(verify_keys):
    assert judged(verify_keys=verify_keys) == [("keys.tokens", Verdict.WRONG)]


def test_two_keys_are_a_change_and_three_are_left_over():
    (public,) = OURS.token_verify_keys.values()
    others = {f"old-{n}": make_secrets().token_verify_keys for n in range(2)}
    old = {name: next(iter(keys.values())) for name, keys in others.items()}

    assert judged(verify_keys={"new": public, "old-0": old["old-0"]}) == []
    assert judged(verify_keys={"new": public, **old}) == [("keys.tokens", Verdict.LOOK)]


@pytest.mark.parametrize(
    ("key", "verdict"), [("k" * 50, Verdict.OK), ("k" * 49, Verdict.WRONG), (None, Verdict.WRONG)]
)
def test_a_secret_has_to_be_long(key, verdict):
    assert judge_secret(key).verdict is verdict


@pytest.mark.parametrize(("problem", "verdict"), [(None, Verdict.OK), ("why", Verdict.WRONG)])
def test_the_keys_of_an_issuer_have_to_be_had(problem, verdict):
    assert judge_issuer(problem, keys=1).verdict is verdict


@pytest.mark.parametrize(
    ("given", "usable", "verdict"),
    [
        (True, True, Verdict.OK),
        (True, False, Verdict.WRONG),
        (True, None, Verdict.LOOK),
        (False, True, Verdict.LOOK),
    ],
)
def test_a_key_of_web_push_has_to_be_one_that_queue_takes(given, usable, verdict):
    assert judge_web_push(given=given, usable=usable).verdict is verdict
