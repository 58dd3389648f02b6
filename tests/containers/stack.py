"""The suite in compose, in a project of its own: its containers, and what is done to them."""

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import ports
from dev.containers import rolling
from dev.containers.docker import Docker, Failed, listed
from dev.containers.secrets import make_files
from tests.containers.images import IMAGE

PROJECT = "parley-containers"
NETWORK = "172.30.97"
"""Not the default, so that a suite that runs already is not disturbed."""
PAGE_HOST = "localhost"
HEALTHY_WITHIN_S = 120
LOOK_S = 0.3
UP = ("--detach", "--wait", "--no-build", "--pull=never")
OPTIONS = (f"--project-name={PROJECT}", f"--env-file={os.devnull}")
"""Of compose: nobody's .env says how this one is."""
TLS_FILES = ("--file=docker-compose.yml", "--file=docker-compose.tls.yml")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One project of compose.

    Attributes:
        secrets: folder.
        port: of the gateway.
        tls_port: of the gateway where it serves https.
        prometheus_port: where Prometheus is published.
    """

    docker: Docker
    secrets: Path
    port: int
    tls_port: int
    prometheus_port: int

    @property
    def url(self) -> str:
        """Where the gateway serves http."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def page_url(self) -> str:
        """The same under the name that browsers are to use."""
        return f"http://{PAGE_HOST}:{self.port}"

    @property
    def tls_url(self) -> str:
        """Where it serves https, once it does."""
        return f"https://{PAGE_HOST}:{self.tls_port}"

    def compose(self, *arguments: str, options: Sequence[str] = (), within_s: float = 300) -> str:
        """Run a command of compose."""
        return self.docker.run("compose", *OPTIONS, *options, *arguments, within_s=within_s)

    def up(self, *arguments: str, options: Sequence[str] = ()) -> None:
        """Bring it up, or change it; returns when all is healthy."""
        # The one-shot ends, which --wait would take for a failure: so the gateway is waited for.
        self.compose("up", *UP, *arguments, "gateway", options=options)

    def down(self) -> None:
        """Remove everything of it, the data too."""
        self.compose("--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=1")

    def scale(self, service: str, count: int) -> None:
        """Have so many containers of a service; those that are there stay."""
        self.compose("up", *UP, "--no-deps", "--no-recreate", f"--scale={service}={count}", service)

    def containers(self, service: str) -> Sequence[str]:
        """Return the ids of the containers of a service that run."""
        return listed(self.compose("ps", "--quiet", service))

    def container(self, service: str) -> str:
        """Return the id of the first one."""
        return self.containers(service)[0]

    def kill(self, container: str) -> None:
        """End its first process, as a crash would; Docker starts it again."""
        os.kill(int(self.docker.inspect(container)["State"]["Pid"]), signal.SIGKILL)

    def restarts(self, container: str) -> int:
        """Return how often Docker has started it again."""
        return int(self.docker.inspect(container)["RestartCount"])

    def has_restarted(self, container: str, before: int) -> bool:
        """Say whether Docker has started it again since that was counted."""
        return self.restarts(container) > before

    @contextmanager
    def paused(self, service: str) -> Iterator[None]:
        """Let a container say nothing inside the block, without being gone."""
        container = self.container(service)
        self.docker.run("pause", container)
        try:
            yield
        finally:
            self.docker.run("unpause", container)

    def until_healthy(self, services: Sequence[str]) -> float:
        """Wait until all containers of some services are healthy; return the seconds.

        Raises:
            Failed: one is not in time.
        """
        began_s = time.monotonic()
        while sick := [
            container
            for service in services
            for container in self.containers(service)
            if self.state(container).get("Health", {}).get("Status") != "healthy"
        ]:
            if time.monotonic() - began_s > HEALTHY_WITHIN_S:
                raise Failed(f"not healthy: {[self.docker.inspect(one)['Name'] for one in sick]}")
            time.sleep(LOOK_S)
        return time.monotonic() - began_s

    def state(self, container: str) -> dict[str, Any]:
        """Return what Docker knows of how it is."""
        found: dict[str, Any] = self.docker.inspect(container)["State"]
        return found

    def inside(self, container: str, *command: str) -> str:
        """Run a program in a container and return what it wrote."""
        return self.docker.run("exec", container, *command)

    def query(self, service: str, sql: str) -> list[Any]:
        """Ask a service's database as its administrator; each row is a JSON document."""
        answer = self.inside(self.container("postgres"), *as_documents(service, sql))
        return [json.loads(line) for line in listed(answer)]

    def backends_up(self, service: str) -> int:
        """Return how many containers of a service the gateway sends requests to."""
        ask = "exec 3<>/dev/tcp/127.0.0.1/8404; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
        return active_servers(self.inside(self.container("gateway"), "bash", "-c", ask), service)

    def roll(self, service: str) -> dict[str, int]:
        """Replace the containers of a service; return how each old one ended."""
        return rolling.roll(self.docker, service, options=OPTIONS, tell=lambda _: None)

    def log(self) -> str:
        """Return the end of what all containers wrote."""
        return self.compose("logs", "--no-color", "--tail=60")


def as_documents(service: str, sql: str) -> Sequence[str]:
    """Return the command that asks a service's database; it writes a line of JSON for each row."""
    whole = f"select row_to_json(r) from ({sql}) r"  # noqa: S608 - ours
    return ("psql", "-U", "postgres", "-d", f"parley_{service}", "-At", "-c", whole)


def active_servers(metrics: str, service: str) -> int:
    """Return how many servers of a service HAProxy's metrics say that it sends requests to."""
    wanted = f'haproxy_backend_active_servers{{proxy="{service}"}} '
    (line,) = [line for line in metrics.splitlines() if line.startswith(wanted)]
    return int(float(line.removeprefix(wanted)))


def made(docker: Docker, folder: Path) -> Stack:
    """Return a stack that is not up yet, with secrets and ports of its own.

    Raises:
        Failed: an earlier one cannot be removed.
    """
    secrets = folder / "secrets"
    make_files(secrets)
    free = list[int]()
    for _ in range(4):
        free.append(ports.free_port(avoid=free))
    port, tls_port, prometheus_port, alertmanager_port = free
    variables = {
        "COMPOSE_FILE": "docker-compose.yml",
        "COMPOSE_PROFILES": "",
        "PARLEY_IMAGE": IMAGE,
        "PARLEY_NETWORK": NETWORK,
        "PARLEY_PORT": str(port),
        "PARLEY_TLS_PORT": str(tls_port),
        "PROMETHEUS_PORT": str(prometheus_port),
        "ALERTMANAGER_PORT": str(alertmanager_port),
        "PARLEY_HOST": PAGE_HOST,
        "PARLEY_ORIGIN": f"https://{PAGE_HOST}:{tls_port}",
        "SECRETS": str(secrets),
    }
    docker = Docker(program=docker.program, extra={**docker.extra, **variables})
    stack = Stack(
        docker=docker,
        secrets=secrets,
        port=port,
        tls_port=tls_port,
        prometheus_port=prometheus_port,
    )
    stack.down()
    return stack
