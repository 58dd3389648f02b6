"""What the compose file says twice, or what it shares with `make up`, is the same."""

import pytest

from dev import postgres
from dev.containers.secrets import CERTIFICATE, KEY, texts
from dev.keys import make_secrets
from dev.services import SERVICES
from tests.unit.containers import compose
from tests.unit.docs.test_settings import variables_of

OF_COMPOSE = {"COMPOSE_FILE", "COMPOSE_PROFILES"}
"""Variables that compose reads by itself."""
OF_OUR_IMAGE = {service.name for service in SERVICES} | {"migrate"}
MONITORING = {"prometheus", "alertmanager", "grafana"}
ONLY_HERE = {"listen_addresses", "unix_socket_directories"}
"""Settings of the embedded PostgreSQL that are for loopback."""


def test_every_service_is_in_compose_and_runs_as_itself():
    commands = {
        name: each["command"] for name, each in compose.services().items() if "command" in each
    }

    for service in SERVICES:
        assert commands[service.name] == ["python", "-m", service.module]


def test_every_variable_is_explained_and_every_explained_one_is_read():
    assert set(compose.examples()) - OF_COMPOSE == set(compose.variables())


def test_an_example_shows_the_default():
    shown = compose.examples()

    for variable, defaults in compose.variables().items():
        if defaults:
            assert defaults == set(shown[variable])


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_a_service_gets_only_what_it_reads_and_all_that_it_needs(service):
    known = variables_of(service)
    given = {name.removesuffix("_FILE") for name in compose.services()[service]["environment"]} | {
        "HOST",
        "PORT",
        "INTERNAL_PORT",
    }  # those are in the image

    assert {name for name, default in known.items() if default == "required"} <= given
    assert given <= known.keys()


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_with_tls_no_service_is_in_development(service):
    changed = compose.services("docker-compose.tls.yml")[service]["environment"]

    assert changed["DEVELOPMENT"] == "false"
    assert set(changed) <= set(variables_of(service))


def test_whatever_is_a_secret_is_made_and_mounted_where_it_is_named():
    made = {*texts(make_secrets()), CERTIFICATE, KEY}
    declared = {name for file in compose.FILES for name in compose.parsed(file)["secrets"]}

    assert made - declared == {"redis_push_url"}  # for other programs
    assert declared <= made
    for name, container in compose.services().items():
        mounted = {
            each if isinstance(each, str) else each["target"]
            for each in container.get("secrets", ())
        }
        named = {
            value.rpartition("/")[2]
            for key, value in container.get("environment", {}).items()
            if key.endswith("_FILE")
        }
        assert named <= mounted, name


def test_only_the_service_that_signs_has_the_key_for_it():
    with_key = {
        name
        for name, each in compose.services().items()
        if "token_signing_key" in each.get("secrets", ())
    }

    assert with_key == {service.name for service in SERVICES if service.signs_tokens}


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_each_container_of_a_service_has_a_name_of_its_own_in_its_groups(service):
    each = compose.services()[service]

    assert {"hostname", "container_name", "ports"}.isdisjoint(each)


@pytest.mark.parametrize("container", compose.services())
def test_every_container_is_confined(container):
    each = compose.services()[container]
    limits = each["deploy"]["resources"]["limits"]

    assert each["read_only"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert limits.keys() == {"cpus", "memory", "pids"}
    assert container in OF_OUR_IMAGE or not each["user"].startswith("0:")


def test_ports_are_published_on_this_machine_unless_somebody_says_otherwise():
    published = [
        port
        for file in compose.FILES
        for each in compose.services(file).values()
        for port in each.get("ports", ())
    ]

    assert len(published) == 5
    assert all(
        port.startswith(("127.0.0.1:", "${PARLEY_ADDRESS:-127.0.0.1}:")) for port in published
    )


def test_monitoring_comes_only_to_who_asks_for_it():
    optional = {name for name, each in compose.services().items() if "profiles" in each}

    assert optional == MONITORING


def test_postgres_is_told_what_the_embedded_one_is():
    told = dict(
        argument.removeprefix("-c").split("=", 1)
        for argument in compose.services()["postgres"]["command"][1:]
    )

    assert told == {
        name: value for name, value in postgres.SETTINGS.items() if name not in ONLY_HERE
    }
    assert compose.variables()["POSTGRES_IMAGE"] == {f"postgres:{postgres.MAJOR}"}


def test_redis_keeps_what_the_embedded_one_keeps():
    arguments = compose.services()["redis"]["command"][1:]
    told = dict(zip(arguments[::2], arguments[1::2], strict=True))

    assert told["--appendonly"] == "yes"
    assert told["--appendfsync"] == "everysec"
    assert told["--maxmemory-policy"] == "noeviction"
    assert told["--save"] == ""
