import json
from dataclasses import replace

import pytest

from dev.databases import beside
from dev.keys import load_secrets, make_secrets
from dev.services import Service, Surroundings, service_environment

CHAT = Service(name="chat", paths=("/*",), module="services.chat", signs_tokens=True)
PRESENCE = Service(name="presence", paths=("/api/presence/*",), module="services.presence")
QUEUE = Service(name="queue", paths=("/api/queue/*",), module="services.queue", pushes=True)


@pytest.fixture(scope="module")
def secrets():
    return make_secrets()


@pytest.fixture
def around(secrets):
    return Surroundings(
        secrets=secrets,
        redis_url="redis://:pw@127.0.0.1:1/0",
        database_urls={name: f"postgresql://{name}" for name in ("chat", "presence", "queue")},
        origins=("http://127.0.0.1:8000", "http://localhost:8000"),
        inherited={"PATH": "/bin", "LOG_LEVEL": "DEBUG", "TOKEN_SIGNING_KEY": "stray"},
    )


def test_each_service_gets_its_own_database_and_ports(around):
    environment = service_environment(PRESENCE, around, port=7001, internal_port=7002)

    assert environment["DATABASE_URL"] == "postgresql://presence"
    assert environment["PORT"] == "7001"
    assert environment["INTERNAL_PORT"] == "7002"
    assert environment["ALLOWED_ORIGINS"] == "http://127.0.0.1:8000,http://localhost:8000"


def test_only_the_service_that_signs_tokens_gets_the_private_key(around, secrets):
    chat = service_environment(CHAT, around, port=1, internal_port=2)
    presence = service_environment(PRESENCE, around, port=1, internal_port=2)

    assert chat["TOKEN_SIGNING_KEY"] == secrets.token_signing_key
    assert "TOKEN_SIGNING_KEY" not in presence
    assert json.loads(presence["TOKEN_VERIFY_KEYS"]) == secrets.token_verify_keys


def test_only_the_service_that_pushes_gets_the_key_by_which_push_services_know_us(around, secrets):
    inherited = {"VAPID_PRIVATE_KEY": "stray"}
    queue, presence = (
        service_environment(each, replace(around, inherited=inherited), port=1, internal_port=2)
        for each in (QUEUE, PRESENCE)
    )

    assert queue["VAPID_PRIVATE_KEY"] == secrets.vapid_private_key
    assert queue["VAPID_SUBJECT"].startswith("mailto:")
    assert "VAPID_PRIVATE_KEY" not in presence


def test_who_push_services_are_told_of_may_be_chosen(around):
    inherited = {"VAPID_SUBJECT": "https://example.org"}
    around = replace(around, inherited=inherited)

    environment = service_environment(QUEUE, around, port=1, internal_port=2)

    assert environment["VAPID_SUBJECT"] == "https://example.org"


def test_what_the_suite_does_not_set_is_inherited(around):
    environment = service_environment(CHAT, around, port=1, internal_port=2)

    assert environment["LOG_LEVEL"] == "DEBUG"


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path):
    first = load_secrets(tmp_path)

    again = load_secrets(tmp_path)

    assert again == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_database_beside_another_keeps_server_role_and_options():
    url = beside("postgresql://me:pw@db.example:5433/postgres?sslmode=require", "parley_chat")

    assert url == "postgresql://me:pw@db.example:5433/parley_chat?sslmode=require"
