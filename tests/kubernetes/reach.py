"""Who reaches whom, tried for everybody and every port, under rules made from the NetworkPolicies."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

from dev.services import SERVICES
from dev.settings import environment
from tests.containers.machine import SYSTEM_PROGRAMS
from tests.kubernetes.cluster import STRANGERS, Cluster, ports_of

OURS = [service.name for service in SERVICES]
SERVERS = {("postgres", "postgres"), ("redis", "redis")}
WAYS = {
    **dict.fromkeys(OURS, SERVERS),
    "chat": {*SERVERS, *((service, "http") for service in OURS if service != "chat")},
    "gateway": {(service, "http") for service in OURS},
    "postgres": set[tuple[str, str]](),
    "redis": set[tuple[str, str]](),
    "stranger": {("gateway", "http")},
    "prometheus": {("gateway", "http"), *((name, "internal") for name in (*OURS, "gateway"))},
}
"""From whom to whom, at which port: all that there is. The policies are held against it."""
OUTSIDE = "203.0.113.7"
"""An address of nobody, which this machine takes for a while. Source: RFC 5737."""
HTTPS, HTTP = 443, 80
PUSHES = "queue"
WITHIN_S = 2.0
ASK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def is_reached(target):
    try:
        socket.create_connection(tuple(target), timeout=float(sys.argv[2])).close()
    except OSError:
        return False
    return True

targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(targets)) as threads:
    print(json.dumps(list(threads.map(is_reached, targets))))
"""

Target = tuple[str, str]
"""A pod, and a port by name."""


def isolated(cluster: Cluster) -> str:
    """Everybody tries every port of everybody else: exactly what is allowed is reached."""
    workloads = {pod.name: pod.workload for pod in cluster.serving}
    everybody = [*workloads, *(one.name for one in STRANGERS)]
    targets = {(pod.name, port) for pod in cluster.serving for port in ports_of(pod)}
    with ThreadPoolExecutor(len(everybody)) as threads:
        reached = dict(
            zip(
                everybody,
                threads.map(partial(reached_by, cluster, targets), everybody),
                strict=True,
            )
        )
    for source, found in reached.items():
        ways = WAYS[workloads.get(source, source)]
        wanted = {target for target in others(targets, source) if named(workloads, target) in ways}
        assert found == wanted, f"{source}: too many {found - wanted}, too few {wanted - found}"
    # Otherwise "refused" might be a port at which nobody listens.
    assert set().union(*reached.values()) == targets
    tries = sum(len(others(targets, source)) for source in everybody)
    allowed = sum(len(found) for found in reached.values())
    return f"{allowed} ways that are allowed work, {tries - allowed} others are refused"


def others(targets: Iterable[Target], source: str) -> list[Target]:
    """Return the ports of everybody else, in an order."""
    return sorted(target for target in targets if target[0] != source)


def named(workloads: Mapping[str, str], target: Target) -> Target:
    """Return the port of a pod as one of its workload."""
    return workloads[target[0]], target[1]


def reached_by(cluster: Cluster, targets: Iterable[Target], source: str) -> set[Target]:
    """Return which ports are reached out of a pod's network."""
    wanted = others(targets, source)
    addresses = [
        (cluster.members[name].address, cluster.members[name].ports[port]) for name, port in wanted
    ]
    found = zip(wanted, tried(cluster, source, addresses), strict=True)
    return {target for target, is_reached in found if is_reached}


def kept_inside(cluster: Cluster) -> str:
    """Nobody reaches an address outside, but queue those of push services, by https."""
    targets = [(OUTSIDE, HTTPS), (OUTSIDE, HTTP)]
    names = [STRANGERS[0].name, *(pod.name for pod in cluster.serving)]
    with listening(targets), ThreadPoolExecutor(len(names)) as threads:
        first, *found = threads.map(lambda name: tried(cluster, name, targets), names)
    assert first == [True, True]
    for pod, reached in zip(cluster.serving, found, strict=True):
        assert reached == [pod.workload == PUSHES, False], f"{pod.name}: {reached}"
    return f"{PUSHES} at {HTTPS}, nobody else, nobody at {HTTP}"


def tried(cluster: Cluster, source: str, targets: Sequence[tuple[str, int]]) -> list[bool]:
    """Say of each address and port whether it is reached out of the network of a pod."""
    command = (sys.executable, "-c", ASK, json.dumps(targets), str(WITHIN_S))
    answer: list[bool] = json.loads(cluster.in_network(source, *command))
    return answer


@contextmanager
def listening(targets: Sequence[tuple[str, int]]) -> Iterator[None]:
    """Let this machine have an address outside, and listen there, inside the block."""
    with ExitStack() as ends:
        address("replace")  # also where somebody could not give it back
        ends.callback(address, "del")
        for target in targets:
            ends.enter_context(socket.create_server(target))
        yield


def address(verb: str) -> None:
    """Take or give back the address outside."""
    command = ("ip", "address", verb, f"{OUTSIDE}/32", "dev", "lo")
    subprocess.run(command, env={**environment(), "PATH": SYSTEM_PROGRAMS}, check=True)
