"""The command as a process, where nothing is as it should be: it tells, and never falls over."""

import json
import subprocess
import sys

import pytest

from dev.settings import ROOT

SECRET = "s3cr3t"
KEYS = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----"
NOTHING = {"PATH": "/usr/bin:/bin"}
AWAY = {
    "DATABASE_URL": f"postgresql://parley:{SECRET}@127.0.0.1:1/parley",
    "REDIS_URL": f"redis://parley:{SECRET}@127.0.0.1:1/0",
    "ALLOWED_ORIGINS": "http://127.0.0.1:1",
    "SECRET_KEY": SECRET,
    "TOKEN_SIGNING_KEY": KEYS,
    "TOKEN_VERIFY_KEYS": json.dumps({"a": KEYS}),
    "VAPID_PRIVATE_KEY": KEYS,
    "TRUSTED_PROXIES": SECRET,
    "CONNECTIONS": SECRET,
}
UNREADABLE = {
    "DATABASE_URL": f"postgresql://parley:{SECRET}/#@127.0.0.1:1/parley",
    "REDIS_URL": f"redis://parley:{SECRET}/#@127.0.0.1:1/0",
    "ALLOWED_ORIGINS": "nowhere,",
    "TOKEN_VERIFY_KEYS": f"[{SECRET}",
    "TOKEN_SIGNING_KEY": SECRET,
    "INTERNAL_PORT": "1",
}
SWAPPED = {
    "DATABASE_URL": SECRET,
    "REDIS_URL": f"postgresql://{SECRET}@127.0.0.1:1/parley",
    "SECRET_KEY_FILE": f"/nowhere/{SECRET}",
    "SECRET_KEY": SECRET,
}


def doctor(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "services", "doctor", *arguments],
        cwd=ROOT,
        env=NOTHING | environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environ", [{}, AWAY, UNREADABLE, SWAPPED])
def test_where_nothing_works_it_says_so_and_repeats_no_secret(environ):
    done = doctor("--json", "--service", "queue", **environ)

    said = json.loads(done.stdout)
    assert (done.returncode, done.stderr, said["verdict"]) == (1, "", "wrong")
    wrong = {each["check"] for each in said["findings"] if each["verdict"] == "wrong"}
    assert {"database", "redis", "keys.tokens", "keys.secret"} <= wrong
    assert not [each for each in said["findings"] if "stumbled" in each["seen"]]
    assert SECRET not in done.stdout
    assert all(each["do"] for each in said["findings"] if each["verdict"] != "ok")


def test_it_is_told_to_people_as_well():
    done = doctor()

    assert "wrong         redis                   REDIS_URL is not given." in done.stdout
    assert done.stdout.endswith("looked at: 4 wrong, 1 to look at.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "chat.example.org"],
        ["--url", "http://127.0.0.1:1", "--via", "nowhere"],
        ["--token", "/nowhere"],
        ["--internal", "chat"],
        ["--service", "gateway"],
    ],
)
def test_a_call_that_makes_no_sense_is_refused(arguments):
    refused = doctor(*arguments)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_from_elsewhere_nothing_is_said_of_what_is_not_known_there():
    done = doctor("--json", "--outside", "--url", "http://127.0.0.1:1")

    ((check, verdict),) = [
        (each["check"], each["verdict"]) for each in json.loads(done.stdout)["findings"]
    ]
    assert (done.returncode, check, verdict) == (1, "way_in", "wrong")


def test_services_without_a_word_say_what_they_can_do():
    refused = subprocess.run(
        [sys.executable, "-m", "services"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (refused.returncode, "doctor" in refused.stderr) == (2, True)
