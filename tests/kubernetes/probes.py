"""Asking the probes of a pod as kubelet would: by HTTP and TCP from the node, or inside the container."""

import http.client
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from dev.containers.docker import Failed
from tests.kubernetes.cluster import Cluster, ports_of
from tests.kubernetes.losses import PROBES
from tests.kubernetes.translation import Pod

TIMEOUT_S, PERIOD_S, FAILURES = 1, 10, 3
"""Kubernetes' own, where a probe says nothing."""
GOOD = range(200, 400)


def probes_of(pod: Pod) -> Mapping[str, Mapping[str, Any]]:
    """Return the probes of a pod's one container, by kind."""
    (container,) = pod.template["containers"]
    return {kind: container[kind] for kind in PROBES if kind in container}


def asked_in_vain(cluster: Cluster, pod: Pod, kind: str) -> int:
    """Ask a probe until it succeeds, as often and at the pace that it says; return how often it did not.

    Raises:
        AssertionError: kubelet would have given up.
    """
    probe = probes_of(pod)[kind]
    for count in range(probe.get("failureThreshold", FAILURES)):
        if answers(cluster, pod, probe):
            return count
        time.sleep(probe.get("periodSeconds", PERIOD_S))
    raise AssertionError(f"{kind} of {pod.name} fails")


def answers(cluster: Cluster, pod: Pod, probe: Mapping[str, Any]) -> bool:
    """Say whether a probe succeeds now, in the time that it has."""
    within_s = probe.get("timeoutSeconds", TIMEOUT_S)
    if "exec" in probe:
        container = cluster.container(pod)
        try:
            cluster.podman.run("exec", container, *probe["exec"]["command"], within_s=within_s)
        except Failed:
            return False
        return True
    asked = probe.get("httpGet") or probe["tcpSocket"]
    port = ports_of(pod).get(asked["port"], asked["port"])
    address = cluster.members[pod.name].address
    try:
        if "tcpSocket" in probe:
            socket.create_connection((address, port), timeout=within_s).close()
            return True
        return status(address, port, asked["path"], within_s=within_s) in GOOD
    except OSError:
        return False


def status(address: str, port: int, path: str, *, within_s: float) -> int:
    """Return the status of an answer.

    Raises:
        OSError: there is none.
    """
    with closing(http.client.HTTPConnection(address, port, timeout=within_s)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def is_ready(cluster: Cluster, pod: Pod) -> bool:
    """Say whether a pod would get requests now."""
    return answers(cluster, pod, probes_of(pod)["readinessProbe"])
