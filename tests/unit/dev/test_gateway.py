import json
import shutil
import subprocess

import pytest
from twisted.web import http

from dev.gateway import KEEP_ALIVE_S, UNAVAILABLE, caddyfile, problem
from dev.services import SERVICES
from dev.wheels import program_beside_python
from libs.common import program

TWISTED_KEEP_ALIVE_S = http._REQUEST_TIMEOUT
"""What daphne does not change."""
PORTS = {service.name: [7003 + number] for number, service in enumerate(SERVICES)}


@pytest.fixture
def configuration(tmp_path):
    return caddyfile(
        port=8000,
        folder=tmp_path / "a folder",
        services=SERVICES,
        ports=PORTS | {"chat": [7001, 7002]},
    )


def adapted(configuration, tmp_path):
    path = tmp_path / "Caddyfile"
    path.write_text(configuration)
    caddy = str(program_beside_python("caddy"))
    command = [caddy, "adapt", "--config", str(path), "--adapter", "caddyfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def routes_of(parsed):
    (everything,) = parsed["apps"]["http"]["servers"]["srv0"]["routes"]
    return everything["handle"][0]["routes"]


def handlers_of(parsed):
    return [route["handle"][0]["routes"][0]["handle"][0] for route in routes_of(parsed)]


def upstreams_by_path(parsed):
    found = {}
    for route, handler in zip(routes_of(parsed), handlers_of(parsed), strict=True):
        for path in route["match"][0]["path"]:
            found[path] = [upstream["dial"] for upstream in handler["upstreams"]]
    return found


def test_every_path_goes_to_all_processes_of_its_service(configuration, tmp_path):
    found = upstreams_by_path(adapted(configuration, tmp_path))

    both = ["127.0.0.1:7001", "127.0.0.1:7002"]
    assert found["/api/chat/*"] == both
    assert found["/ws/chat/*"] == both
    assert found["/ws/notifications/*"] == both
    assert found["/*"] == both
    assert found["/api/receipts/*"] == [f"127.0.0.1:{PORTS['receipts'][0]}"]


def test_the_path_for_everything_else_is_asked_last(configuration, tmp_path):
    found = list(upstreams_by_path(adapted(configuration, tmp_path)))

    assert found[-1] == "/*"


def test_caddy_listens_on_loopback_only_and_has_no_admin_port(configuration, tmp_path):
    parsed = adapted(configuration, tmp_path)

    assert parsed["apps"]["http"]["servers"]["srv0"]["listen"] == ["127.0.0.1:8000"]
    assert parsed["admin"]["disabled"]
    assert parsed["storage"]["root"] == str(tmp_path / "a folder")


def test_it_gives_an_idle_connection_up_before_the_process_does(configuration, tmp_path):
    handlers = handlers_of(adapted(configuration, tmp_path))

    idle_ns = {handler["transport"]["keep_alive"]["idle_timeout"] for handler in handlers}

    assert idle_ns == {KEEP_ALIVE_S * 10**9}
    assert min(program.KEEP_ALIVE_S, TWISTED_KEEP_ALIVE_S) > KEEP_ALIVE_S


def test_each_process_is_asked_once_a_second_whether_it_is_ready(configuration, tmp_path):
    handlers = handlers_of(adapted(configuration, tmp_path))

    asked = [handler["health_checks"]["active"] for handler in handlers]

    assert sorted(each["uri"] for each in asked) == sorted(
        f"/api/{service.name}/healthz" for service in SERVICES
    )
    assert {each["interval"] for each in asked} == {10**9}


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_an_upstream_that_is_down_is_told_as_a_problem_document(status):
    document = json.loads(problem(status))

    assert document["status"] == status
    assert document["code"] == "unavailable"
    assert document["retry_after"] > 0
    assert {"type", "title", "detail"} <= document.keys()


def test_caddy_needs_nothing_from_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert shutil.which("caddy") is None
    assert program_beside_python("caddy").exists()
