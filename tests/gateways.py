"""Gateways in front of a suite beside its own: nginx as the Ingress has it, HAProxy as in compose.

They are the system's programs. Where one is not installed the tests that want them are skipped,
loudly; with PARLEY_REQUIRE_GATEWAYS=1 they fail instead.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.gateway import http_status
from dev.harness import wait_until
from dev.k8s.ingress import NGINX, SYSTEMS, addresses_of, nginx_command
from dev.k8s.nginx import configuration
from dev.k8s.rendering import Manifest
from dev.ports import LOOPBACK, free_port
from dev.services import SERVICES
from dev.settings import ROOT, environment
from dev.state import SuiteState

HAPROXY = shutil.which("haproxy", path=f"{environment().get('PATH', '')}:{SYSTEMS}")
"""None where it is not installed."""
CONFIGURATION = ROOT / "gateway" / "haproxy.cfg"
REQUIRED = environment().get("PARLEY_REQUIRE_GATEWAYS") == "1"
MISSING = None in (NGINX, HAPROXY)
WHY = "nginx and haproxy are not installed: no way into a cluster is tried"
OK = 200
STOP_WITHIN_S = 10
TEMPLATE = re.compile(r'server-template (\w+)- \d+ "\w+\$\{DOMAIN-\}:8000"')
PUBLIC, INTERNAL = "bind :8080", "bind :8404"

needs_gateways = pytest.mark.skipif(MISSING and not REQUIRED, reason=WHY)


@contextmanager
def running_nginx(state: SuiteState, folder: Path, ingress: Manifest) -> Iterator[str]:
    """Run nginx in front of a suite, as an Ingress has it; give its address."""
    port = free_port()
    text = configuration(ingress, port=port, addresses=addresses(state))
    with _running(nginx_command(folder, text), folder, port):
        yield f"http://{LOOPBACK}:{port}"


@contextmanager
def running_haproxy(state: SuiteState, folder: Path, text: str) -> Iterator[str]:
    """Run HAProxy in front of a suite, as it is configured elsewhere; give its address."""
    port = free_port()
    file = folder / CONFIGURATION.name
    file.write_text(on_loopback(text, port=port, addresses=addresses(state)))
    with _running((str(HAPROXY), "-f", str(file)), folder, port):
        yield f"http://{LOOPBACK}:{port}"


def on_loopback(text: str, *, port: int, addresses: Mapping[str, Sequence[str]]) -> str:
    """Return HAProxy's configuration with other addresses and no names; all else stays."""

    def servers(found: re.Match[str]) -> str:
        name = found[1]
        return "\n    ".join(
            f"server {name}-{number} {address}" for number, address in enumerate(addresses[name])
        )

    return (
        TEMPLATE.sub(servers, text)
        .replace(PUBLIC, f"bind {LOOPBACK}:{port}")
        .replace(INTERNAL, f"bind {LOOPBACK}:{free_port()}")
    )


def addresses(state: SuiteState) -> dict[str, list[str]]:
    """Return where the processes of each service listen."""
    return {
        service.name: addresses_of([process.port for process in state.of(service.name)])
        for service in SERVICES
    }


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, env={"MAXCONN": "1000"}, cwd=folder, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: http_status(port, "/healthz") == OK, what=f"{command[0]} to be ready")
        yield
    finally:
        process.terminate()
        process.wait(timeout=STOP_WITHIN_S)
