"""An issuer is configured as a whole, and its keys come over a road that nobody else can change.

A drain fits into the time that the platform grants.

The settings are read when their module is imported, so a process of its own judges all cases.
"""

import json
import subprocess
import sys

import pytest

from dev.settings import ROOT

NEEDED = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PORT": "1",
    "INTERNAL_PORT": "2",
    "SECRET_KEY": "only-for-tests" * 4,
    "TOKEN_SIGNING_KEY": "-----BEGIN",
    "TOKEN_VERIFY_KEYS": "{}",
    "ALLOWED_HOSTS": "localhost",
    "ALLOWED_ORIGINS": "https://localhost:1",
}
JUDGE = """
import json, sys
from pydantic import ValidationError
from services.chat.settings import ChatSettings
def judged(case):
    try:
        ChatSettings(**case)
    except ValidationError as error:
        return str(error)
    return ""
json.dump([judged(case) for case in json.load(sys.stdin)], sys.stdout)
"""


def issuer(url="https://id.example/keys", name="https://id.example", audience="parley", **more):
    return {
        "external_jwks_url": url,
        "external_issuer": name,
        "external_audience": audience,
        **more,
    }


ACCEPTED = {
    "none": {},
    "all of it": issuer(),
    "blank is none": issuer("", " ", ""),
    "with a port and a query": issuer("https://id.example:8443/keys?v=1"),
    "an address": issuer("https://[2001:db8::1]/keys"),
    "loopback in development": issuer("http://127.0.0.1:9/keys", development=True),
    "localhost in development": issuer("http://localhost:9/keys", development=True),
    "a drain that just fits": {"drain_delay_s": 3, "drain_s": 45, "stop_within_s": 60},
    "no drain": {"drain_delay_s": 0, "drain_s": 0, "stop_within_s": 12},
}
TOGETHER, HTTPS = "belong together", "has to be an https URL"
REFUSED = {
    "no audience": (issuer(audience=""), TOGETHER),
    "no issuer": (issuer(name=None), TOGETHER),
    "no keys": (issuer(url=None), TOGETHER),
    "http": (issuer("http://id.example/keys"), HTTPS),
    "loopback in production": (issuer("http://127.0.0.1:9/keys"), HTTPS),
    "http elsewhere in development": (issuer("http://id.example/", development=True), HTTPS),
    "looks like loopback": (issuer("http://127.0.0.1.example/", development=True), HTTPS),
    "a file": (issuer("file:///etc/passwd"), HTTPS),
    "no host": (issuer("https:///keys"), HTTPS),
    "two lines": (issuer("https://id.example/\r\nX: y"), HTTPS),
    "a space": (issuer("https://id.example/a b"), HTTPS),
    "a port that is none": (issuer("https://id.example:99999/"), "ort"),
    "a drain that is cut short": ({"drain_s": 16}, "STOP_WITHIN_S"),
    "a delay that makes it so": ({"drain_delay_s": 4}, "STOP_WITHIN_S"),
    "no time for the rest": (
        {"drain_delay_s": 0, "drain_s": 0, "stop_within_s": 11},
        "STOP_WITHIN_S",
    ),
    "a name too long": (issuer(name="x" * 256), "external_issuer"),
}


@pytest.fixture(scope="module")
def verdicts():
    cases = [*ACCEPTED.values(), *(case for case, _ in REFUSED.values())]
    judge = subprocess.run(
        [sys.executable, "-c", JUDGE],
        cwd=ROOT,
        env=NEEDED,
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip([*ACCEPTED, *REFUSED], json.loads(judge.stdout), strict=True))


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_issuer_or_none_is_accepted(verdicts, case):
    assert verdicts[case] == ""


@pytest.mark.parametrize("case", REFUSED)
def test_a_part_of_an_issuer_or_a_road_that_is_not_safe_is_refused(verdicts, case):
    assert REFUSED[case][1] in verdicts[case]
