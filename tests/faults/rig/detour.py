"""``python -m tests.faults.rig.detour <service> …``: a service in other surroundings than it knows.

It notes where PostgreSQL and Redis are, puts the proxies' ports into their addresses, and becomes
the service: same process, same arguments. Variables may be set for services alone, too.
"""

import json
import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from dev.files import read_json, write_json
from dev.services import SERVICES
from dev.settings import environment

EDGES = "FAULTS_EDGES"
"""Ports of the proxies, as JSON, by ``<service>.<server>``."""
FOLDER = "FAULTS_FOLDER"
"""Where each service leaves the ports of its servers."""
ONLY_HERE = "FAULTS_ONLY_HERE_"
"""What begins with it is set without it for the service, and for no other process of the suite."""
SERVERS = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
"""Servers, and the variables that say where they are."""


def upstreams_of(folder: Path, service: str) -> Mapping[str, int]:
    """Return the ports of a service's servers, as it left them."""
    found = read_json(folder / f"{service}.json")
    if found is None:
        raise ConnectionRefusedError(f"{service} has not started yet")
    return {server: int(port) for server, port in found.items()}


def detour(service: str, variables: MutableMapping[str, str]) -> None:
    """Lead a service over its proxies, and note where it would have gone."""
    ports = json.loads(variables[EDGES])
    upstreams = {}
    for server, variable in SERVERS.items():
        upstreams[server] = urlsplit(variables[variable]).port
        variables[variable] = _with_port(variables[variable], ports[f"{service}.{server}"])
    folder = Path(variables[FOLDER])
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{service}.json", upstreams)


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    before, _, _ = parts.netloc.rpartition(":")
    return parts._replace(netloc=f"{before}:{port}").geturl()


def main(name: str, *arguments: str) -> None:
    """Become a service."""
    variables = dict(environment())
    variables |= {
        variable.removeprefix(ONLY_HERE): value
        for variable, value in variables.items()
        if variable.startswith(ONLY_HERE)
    }
    if EDGES in variables:
        detour(name, variables)
    (service,) = [service for service in SERVICES if service.name == name]
    command = list(service.command(*arguments))
    os.execve(command[0], command, variables)  # noqa: S606 - the service itself


if __name__ == "__main__":
    main(*sys.argv[1:])
