"""What the gateway writes of a request that nobody answers: not its query, at any level."""

import subprocess
import time

import httpx
import pytest

from dev.gateway import UNAVAILABLE, caddyfile
from dev.ports import free_port
from dev.services import SERVICES
from dev.wheels import program_beside_python

STARTS_WITHIN_S = 60


class Gateway:
    """A gateway whose services are down, and that logs whatever it can."""

    def __init__(self, url, process, log):
        self.url = url
        self._process = process
        self._log = log

    def ended(self):
        """End it; return all that it has written: some of that it writes behind its answers."""
        self._process.terminate()
        self._process.wait()
        return self._log.read_text()


@pytest.fixture
def gateway(tmp_path):
    port, nobody = free_port(), free_port()
    ports = {service.name: [nobody] for service in SERVICES}
    text = caddyfile(port=port, folder=tmp_path, services=SERVICES, ports=ports)
    assert text.count("level ERROR") == 1
    configuration, log = tmp_path / "Caddyfile", tmp_path / "log"
    configuration.write_text(text.replace("level ERROR", "level DEBUG"))
    caddy = str(program_beside_python("caddy"))
    with log.open("w") as lines:
        process = subprocess.Popen(
            [caddy, "run", "--config", str(configuration), "--adapter", "caddyfile"], stderr=lines
        )
    gateway = Gateway(f"http://127.0.0.1:{port}", process, log)
    yield gateway
    gateway.ended()


def answered(url, **headers):
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return httpx.get(url, headers=headers, timeout=STARTS_WITHIN_S)
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.timeout(120)
def test_no_credential_is_in_any_line_of_the_gateway(gateway):
    credentials = {
        "Authorization": "Bearer a-secret",
        "Cookie": "parley_access=a-secret",
        "X-CSRFToken": "a-secret",
    }

    answer = answered(f"{gateway.url}/api/chat/rooms", **credentials, Accept="a-witness")

    written = gateway.ended()
    assert answer.status_code in UNAVAILABLE
    assert "a-witness" in written
    assert "a-secret" not in written


@pytest.mark.timeout(120)
def test_a_query_is_in_no_line_of_the_gateway(gateway):
    url = gateway.url
    query = "ticket=a-secret&ticket=a-secret?a-secret"

    answer = answered(f"{url}/ws/chat/?{query}", Referer=f"{url}/?{query}")

    written = gateway.ended()
    assert answer.status_code in UNAVAILABLE
    assert '"uri": "/ws/chat/?[hidden]"' in written
    assert '"Referer": ["' + url + '/?[hidden]"]' in written
    assert "a-secret" not in written
