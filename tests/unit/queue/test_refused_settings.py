"""Web Push is configured as a whole or not at all; a process of its own judges all cases."""

import json
import subprocess
import sys

import pytest

from dev.keys import make_secrets
from dev.settings import ROOT

NEEDED = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PORT": "1",
    "INTERNAL_PORT": "2",
    "SECRET_KEY": "only-for-tests" * 4,
    "TOKEN_VERIFY_KEYS": "{}",
    "ALLOWED_HOSTS": "localhost",
    "ALLOWED_ORIGINS": "https://localhost:1",
}
JUDGE = """
import json, sys
from pydantic import ValidationError
from libs.common.config import explain
from services.queue.settings import QueueSettings
def judged(case):
    try:
        settings = QueueSettings(**case)
    except ValidationError as error:
        return explain(error)
    return "on" if settings.vapid else "off"
json.dump([judged(case) for case in json.load(sys.stdin)], sys.stdout)
"""
KEY = make_secrets().vapid_private_key
SUBJECT = "mailto:ops@example.org"


def keys(key=KEY, subject=SUBJECT, **more):
    return {"vapid_private_key": key, "vapid_subject": subject, **more}


ACCEPTED = {
    "nothing": ({}, "off"),
    "blank is nothing": (keys("", " "), "off"),
    "a contact alone": (keys(None), "off"),
    "both": (keys(), "on"),
    "hosts": (keys(push_hosts="fcm.googleapis.com, *.notify.windows.com"), "on"),
}
REFUSED = {
    "a key alone": (keys(subject=None), "VAPID_SUBJECT"),
    "no key": (keys("secret"), "VAPID_PRIVATE_KEY: "),
    "no contact": (keys(subject="ops@example.org"), "VAPID_SUBJECT: "),
    "an address for a host": (keys(push_hosts="https://push.example"), "PUSH_HOSTS: "),
    "a star in the middle": (keys(push_hosts="push.*.example"), "PUSH_HOSTS: "),
}
CASES = ACCEPTED | REFUSED


@pytest.fixture(scope="module")
def judged():
    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        input=json.dumps([case for case, _ in CASES.values()]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=NEEDED,
        check=True,
    )
    return dict(zip(CASES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", ACCEPTED)
def test_web_push_is_on_with_a_key_and_a_contact(judged, name):
    assert judged[name] == ACCEPTED[name][1]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_named_and_no_key_is_repeated(judged, name):
    assert REFUSED[name][1] in judged[name]
    assert "secret" not in judged[name]
