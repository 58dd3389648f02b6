import base64

import pytest

from dev.keys import make_secrets
from libs.common.doctor.settings import Deployment

CHAT = "postgresql://parley_chat:s3cr3t@db/parley_chat"
QUEUE = "postgresql://parley_queue:0th3r@db/parley_queue"


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({"DATABASE_URL": CHAT}, "chat"),
        ({"DATABASE_URL": QUEUE}, "queue"),
        ({"DATABASE_URL": "postgresql://db/messages"}, None),
        ({"DATABASE_URL": "postgresql://db/messages", "TOKEN_SIGNING_KEY": "k"}, "chat"),
        ({"DATABASE_URL": "postgresql://[db/chat"}, None),
    ],
)
def test_it_is_guessed_whose_environment_this_is(environ, service):
    assert Deployment(environ).service == service
    assert list(Deployment(environ).databases) == [service or "?"]
    assert Deployment(environ, service="receipts").service == "receipts"


def test_what_is_in_files_is_read_and_what_cannot_be_is_told(tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    environ = {
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "REDIS_URL_FILE": str(tmp_path / "none"),
        "DATABASE_URL": CHAT,
        "DATABASE_URL_FILE": str(tmp_path / "key"),
    }

    here = Deployment(environ)

    assert here.given.secret_key == "from a file"
    assert here.given.redis_url is None
    assert sorted(name for name, _ in here.problems) == ["DATABASE_URL", "REDIS_URL_FILE"]


def test_a_command_of_another_service_gets_its_database_and_what_it_lacks():
    environ = {
        "DATABASE_URL_FILE": "/run/secrets/database_url",
        "QUEUE_DATABASE_URL": QUEUE,
        "SECRET_KEY_FILE": "/run/secrets/secret_key",
        "ALLOWED_HOSTS": "chat.example.org",
    }

    given = Deployment(environ, service="chat").environment_of("queue")

    assert given["DATABASE_URL"] == QUEUE
    assert "DATABASE_URL_FILE" not in given
    assert "SECRET_KEY" not in given
    assert given["ALLOWED_HOSTS"] == "chat.example.org"
    assert given["PORT"] == "1"


def test_our_own_command_gets_our_own_environment_so_that_what_lacks_is_seen():
    environ = {"DATABASE_URL": CHAT}

    assert Deployment(environ).environment_of("chat") == environ


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"a": 1}', None])
def test_keys_that_are_none_are_none(text):
    environ = {} if text is None else {"TOKEN_VERIFY_KEYS": text}

    assert Deployment(environ).verify_keys is None


def test_a_signing_key_may_be_base64():
    pem = make_secrets().token_signing_key
    encoded = base64.b64encode(pem.encode()).decode()

    assert Deployment({"TOKEN_SIGNING_KEY": encoded}).signing_key == pem
    assert Deployment({"TOKEN_SIGNING_KEY": "no base64"}).signing_key == ""


def test_every_password_and_key_is_known_as_a_secret():
    environ = {
        "DATABASE_URL": "postgresql://parley:p%40ss@db/chat",
        "QUEUE_DATABASE_URL": QUEUE,
        "REDIS_URL": "redis://parley:r3dis@redis/0",
        "SECRET_KEY": "secret key",
        "VAPID_PRIVATE_KEY": "vapid key",
    }

    secrets = set(Deployment(environ).secrets)

    assert secrets >= {"p%40ss", "p@ss", "0th3r", "r3dis", "secret key", "vapid key"}


def test_a_number_that_is_none_is_told_by_its_service_and_guessed_here():
    assert Deployment({"CONNECTIONS": "500"}).number("connections", 10_000) == 500
    assert Deployment({"CONNECTIONS": "many"}).number("connections", 10_000) == 10_000
