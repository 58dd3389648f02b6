from pathlib import Path

import pytest

from dev.errors import CannotStart
from dev.settings import ROOT, from_environment

SERVICES = ("chat", "presence")


def test_without_any_variable_the_defaults_hold():
    settings = from_environment({}, SERVICES)

    assert settings.port == 8000
    assert settings.run_dir == ROOT / ".run"
    assert settings.processes == {}
    assert settings.database_url is None
    assert settings.redis_url is None


def test_an_empty_variable_counts_as_missing():
    settings = from_environment({"PORT": "", "REDIS_URL": "", "RUN_DIR": ""}, SERVICES)

    assert settings.port == 8000
    assert settings.redis_url is None
    assert settings.run_dir == ROOT / ".run"


def test_a_relative_run_folder_starts_at_the_present_folder():
    settings = from_environment({"RUN_DIR": "elsewhere"}, SERVICES)

    assert settings.run_dir == Path.cwd() / "elsewhere"


def test_databases_and_processes_are_chosen_by_service():
    settings = from_environment(
        {"CHAT_DATABASE_URL": "postgresql://a/b", "CHAT_PROCESSES": "2"}, SERVICES
    )

    assert settings.database_urls == {"chat": "postgresql://a/b"}
    assert settings.processes == {"chat": 2}


@pytest.mark.parametrize("wrong", ["x", "-1", "65536", "80 80", "\uff11\uff12", "1e3"])
def test_a_port_that_is_none_is_refused_by_name(wrong):
    with pytest.raises(CannotStart, match="PORT"):
        from_environment({"PORT": wrong}, SERVICES)


@pytest.mark.parametrize("wrong", ["0", "17", "two"])
def test_a_wrong_number_of_processes_is_refused_by_name(wrong):
    with pytest.raises(CannotStart, match="CHAT_PROCESSES"):
        from_environment({"CHAT_PROCESSES": wrong}, SERVICES)


@pytest.mark.parametrize(("given", "wanted"), [("", False), ("0", False), ("1", True)])
def test_a_demo_is_there_for_whoever_asks(given, wanted):
    assert from_environment({"DEMO": given}, SERVICES).demo is wanted


def test_what_is_neither_yes_nor_no_to_a_demo_is_refused_by_name():
    with pytest.raises(CannotStart, match="DEMO"):
        from_environment({"DEMO": "yes"}, SERVICES)


@pytest.mark.parametrize("variable", ["DATABASE_URL", "CHAT_DATABASE_URL"])
def test_a_demo_does_not_go_into_somebodys_own_database(variable):
    with pytest.raises(CannotStart, match="DEMO"):
        from_environment({"DEMO": "1", variable: "postgresql://a/b"}, SERVICES)


@pytest.mark.parametrize(
    ("given", "wanted"), [("", "caddy"), ("caddy", "caddy"), ("nginx", "nginx")]
)
def test_the_gateway_is_caddy_unless_somebody_asks_for_nginx(given, wanted):
    assert from_environment({"GATEWAY": given}, SERVICES).gateway == wanted


def test_a_gateway_that_nobody_knows_is_refused_by_name():
    with pytest.raises(CannotStart, match="GATEWAY"):
        from_environment({"GATEWAY": "apache"}, SERVICES)


def test_pages_of_ones_own_are_told_with_commas_in_between():
    origins = "http://127.0.0.1:8100, http://localhost:8100,"

    assert from_environment({}, SERVICES).origins == ()
    assert from_environment({"ALLOWED_ORIGINS": origins}, SERVICES).origins == (
        "http://127.0.0.1:8100",
        "http://localhost:8100",
    )
