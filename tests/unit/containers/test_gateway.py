"""HAProxy routes, asks and answers as the gateway of `make up` does."""

import json
import re

import pytest

from dev import gateway
from dev.services import SERVICES
from dev.settings import MAX_PROCESSES
from libs.common import program
from libs.common.secure_headers import HEADERS
from tests.unit.containers import compose

TEXT = compose.text_of("gateway/haproxy.cfg")
ROUTE = re.compile(r"use_backend (\w+) if \{ path_beg (\S+) \}")
DEFAULT = re.compile(r"default_backend (\w+)")
ASKED = re.compile(
    r"uri (\S+) ver HTTP/1\.1 hdr Host localhost\n"
    r' +server-template (\w+)- (\d+) "(\w+)\$\{DOMAIN-\}(:\d+)"'
)
ERROR = re.compile(r"http-error status (\d+) content-type \"(\S+)\" string '(.*?)' (.*)")
HEADER = re.compile(r'hdr (\S+) (?:"([^"]*)"|(\S+))')
SECONDS = re.compile(r"timeout (\S+) (\d+)s")


def test_every_path_goes_where_caddy_sends_it():
    routes = {f"{path}*": service for service, path in ROUTE.findall(TEXT)}
    (everything,) = DEFAULT.findall(TEXT)

    for service in SERVICES:
        for path in service.paths:
            assert routes.get(path, everything) == service.name


def test_every_container_of_a_service_is_found_and_asked_whether_it_is_ready():
    asked = {
        name: (uri, int(most), host + port) for uri, name, most, host, port in ASKED.findall(TEXT)
    }

    assert asked == {
        service.name: (f"/api/{service.name}/healthz", MAX_PROCESSES, f"{service.name}:8000")
        for service in SERVICES
    }


def test_it_notices_a_container_that_drains_as_fast_as_caddy():
    assert f"inter {gateway.HEALTH_EVERY_S}s fall {gateway.HEALTH_FAILS} " in TEXT
    assert dict(SECONDS.findall(TEXT))["check"] == str(gateway.HEALTH_WITHIN_S)


@pytest.mark.parametrize("status", gateway.UNAVAILABLE)
def test_where_nobody_answers_it_says_what_caddy_says(status):
    answers = {int(code): (kind, body, rest) for code, kind, body, rest in ERROR.findall(TEXT)}
    kind, body, rest = answers[status]
    headers = {name: quoted or plain for name, quoted, plain in HEADER.findall(rest)}

    assert kind == "application/problem+json"
    assert json.loads(body) == json.loads(gateway.problem(status))
    assert headers == {"Retry-After": str(gateway.RETRY_AFTER_S), **HEADERS}


def test_a_websocket_is_closed_for_silence_later_than_the_service_would():
    assert int(dict(SECONDS.findall(TEXT))["tunnel"]) > 2 * program.PING_EVERY_S


def test_it_gives_an_idle_connection_up_before_the_service_does():
    assert int(dict(SECONDS.findall(TEXT))["http-keep-alive"]) < program.KEEP_ALIVE_S
    assert f"pool-purge-delay {gateway.KEEP_ALIVE_S}s" in TEXT


def test_no_query_is_logged_and_nobody_says_where_they_come_from():
    (line,) = re.findall(r"log-format (.*)", TEXT)

    assert "%HPO" in line
    assert not {"%r", "%HU", "%HQ", "%HP "}.intersection(line.split())
    assert "option httplog" not in TEXT
    assert "http-request del-header X-Forwarded-For" in TEXT
