"""The overlay as pods of podman: one node, one network, rules of nft in the network of each pod."""

import base64
import ipaddress
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from dev.containers.docker import Docker, Failed, last_lines, listed
from dev.k8s.rendering import Manifest
from dev.settings import environment
from tests.containers.machine import SYSTEM_PROGRAMS
from tests.containers.stack import active_servers, as_documents
from tests.kubernetes.documents import LOCALHOST
from tests.kubernetes.firewall import Member, rules_for
from tests.kubernetes.translation import Play, Pod, of_kind

NETWORK = "parley-play"
PREFIX = "10.89.77"
NODE = f"{PREFIX}.1"
"""This machine, as pods see it: it asks their probes, and it knows names."""
LOCALLY_ADMINISTERED = 0x02
"""First byte of a hardware address that no maker has given out."""
FIRST, STRANGER, MONITORING = 10, 200, 201
IN_NETWORK_S = 60
INFRASTRUCTURE = Member(
    name="names", address=NODE, namespace={"kubernetes.io/metadata.name": "kube-system"}
)
STRANGERS = (
    Member(name="stranger", address=f"{PREFIX}.{STRANGER}", namespace={"any": "other"}),
    Member(
        name="prometheus",
        address=f"{PREFIX}.{MONITORING}",
        namespace={"parley/monitoring": "true"},
    ),
)
"""Pods of other namespaces, for trying who reaches whom; no policy here is about them."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What is played, and where.

    Attributes:
        folder: for documents, while it stands.
        port: of the gateway, on this machine.
        policies: the rendered ones.
    """

    podman: Docker
    play: Play
    policies: Sequence[Manifest]
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where the gateway serves http."""
        return f"http://{LOCALHOST}:{self.port}"

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """Everybody in the network by name, each with an address."""
        pods = [
            Member(
                name=pod.name,
                address=f"{PREFIX}.{FIRST + number}",
                labels=pod.labels,
                ports=ports_of(pod),
            )
            for number, pod in enumerate(self.play.pods)
        ]
        return {each.name: each for each in (*pods, INFRASTRUCTURE, *STRANGERS)}

    @property
    def serving(self) -> Sequence[Pod]:
        """The pods that go on."""
        return [pod for pod in self.play.pods if not pod.ends]

    def pods_of(self, workload: str) -> Sequence[Pod]:
        """Return the pods of a Deployment or a Job."""
        return [pod for pod in self.play.pods if pod.workload == workload]

    def create(self) -> None:
        """Make network, Secrets and pods; nothing runs yet but the network of each pod."""
        self.podman.run(
            "network", "create", f"--subnet={PREFIX}.0/24", f"--gateway={NODE}", NETWORK
        )
        for secret in self.play.secrets:
            self.podman.run("secret", "create", secret["metadata"]["name"], "-", text=told(secret))
        for pod in self.play.pods:
            document = self.folder / f"{pod.name}.yaml"
            document.write_text(yaml.safe_dump_all(pod.documents), encoding="utf-8")
            aliases = ",".join(f"alias={name}" for name in pod.names)
            network = f"--network={NETWORK}{':' * bool(aliases)}{aliases}"
            address = self.members[pod.name].address
            where = (network, f"--ip={address}", f"--mac-address={hardware(address)}")
            self.podman.run("kube", "play", "--start=false", *where, str(document))
            self.connect(pod)
        for stranger in STRANGERS:
            at = (f"--network={NETWORK}", f"--ip={stranger.address}")
            self.podman.run("pod", "create", *at, f"--name={stranger.name}")
            self.podman.run("start", self.infrastructure(stranger.name))

    def connect(self, pod: Pod) -> None:
        """Start the network of a pod, and put its rules there, before anything runs in it."""
        self.podman.run("start", self.infrastructure(pod.name))
        everybody = list(self.members.values())
        rules = rules_for(self.members[pod.name], self.policies, everybody, node=NODE)
        self.in_network(pod.name, "nft", "-f", "-", text=rules)

    def start(self, pod: Pod, *, within_s: float = 300) -> None:
        """Start the containers of a pod; returns when the first ones have ended well."""
        self.podman.run("pod", "start", pod.name, within_s=within_s)

    def kill(self, pod: Pod) -> None:
        """End everything of a pod at once, its network too, as the loss of its node would."""
        self.podman.run("pod", "kill", pod.name)
        # Before podman has noticed, it would take what is started for what still runs.
        self.podman.run("wait", self.infrastructure(pod.name), self.container(pod), within_s=60)

    def crash(self, pod: Pod) -> None:
        """End the first process of a pod's container; podman starts it again, as kubelet would."""
        os.kill(int(self.state(pod)["Pid"]), signal.SIGKILL)

    def again(self, pod: Pod) -> None:
        """Start a pod that was killed."""
        self.connect(pod)
        self.start(pod)

    def remove(self) -> None:
        """Remove everything but images: podman's storage is ours alone."""
        self.podman.works("pod", "kill", "--all")  # otherwise each has ten seconds to end
        self.podman.run("pod", "rm", "--all", "--force")
        self.podman.run("volume", "rm", "--all", "--force")
        self.podman.run("secret", "rm", "--all")
        if self.podman.works("network", "inspect", NETWORK):
            self.podman.run("network", "rm", "--force", NETWORK)

    def infrastructure(self, pod: str) -> str:
        """Return the container that has a pod's network."""
        asked = ("pod", "inspect", "--format={{.InfraContainerID}}", pod)
        return self.podman.run(*asked).strip()

    def container(self, pod: Pod) -> str:
        """Return the name of a pod's one container that serves."""
        (container,) = pod.template["containers"]
        return f"{pod.name}-{container['name']}"

    def state(self, pod: Pod) -> dict[str, Any]:
        """Return how a pod's container is."""
        found: dict[str, Any] = self.podman.inspect(self.container(pod))["State"]
        return found

    def inside(self, pod: Pod, *command: str) -> str:
        """Run a program in a pod's container and return what it wrote."""
        return self.podman.run("exec", self.container(pod), *command, within_s=60)

    def in_network(self, pod: str, *command: str, text: str | None = None) -> str:
        """Run a program of this machine in a pod's network and return what it wrote.

        Raises:
            Failed: its status was not 0, or it took too long.
        """
        pid = str(self.podman.inspect(self.infrastructure(pod))["State"]["Pid"])
        try:
            done = subprocess.run(
                ["nsenter", f"--target={pid}", "--net", *command],  # noqa: S607 - in SYSTEM_PROGRAMS
                env={**environment(), "PATH": SYSTEM_PROGRAMS},
                input=text,
                capture_output=True,
                text=True,
                check=False,
                timeout=IN_NETWORK_S,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{command[0]} in the network of {pod} took too long") from error
        if done.returncode != 0:
            raise Failed(f"{command[0]} in the network of {pod}: {done.stderr.strip()}")
        return done.stdout

    def query(self, service: str, sql: str) -> list[Any]:
        """Ask a service's database as its administrator; each row is a JSON document."""
        (postgres,) = self.pods_of("postgres")
        return [
            json.loads(line) for line in listed(self.inside(postgres, *as_documents(service, sql)))
        ]

    def backends_up(self, service: str) -> int:
        """Return how many pods of a service the gateway sends requests to."""
        (gateway,) = self.pods_of("gateway")
        where = f"{self.members[gateway.name].address}:{ports_of(gateway)['internal']}"
        with urlopen(f"http://{where}/metrics", timeout=5) as answer:
            return active_servers(answer.read().decode(), service)

    def log(self) -> str:
        """Return the end of what all containers wrote."""
        names = listed(self.podman.run("ps", "--all", "--format={{.Names}}"))
        ours = [name for name in names if not name.endswith("-infra")]
        return "\n".join(f"── {name}\n{self._log_of(name)}" for name in ours)

    def _log_of(self, container: str) -> str:
        """Return the end of what one wrote, errors too; nothing where it never ran."""
        path = Path(self.podman.inspect(container)["HostConfig"]["LogConfig"]["Path"])
        return last_lines(path.read_text(), count=60) if path.exists() else ""


def ports_of(pod: Pod) -> dict[str, int]:
    """Return the ports of a pod by name."""
    return {
        port["name"]: port["containerPort"]
        for container in pod.template["containers"]
        for port in container.get("ports", ())
    }


def hardware(address: str) -> str:
    """Return the hardware address for an address: others remember it beyond the end of a pod."""
    numbers = ipaddress.IPv4Address(address).packed
    return ":".join(f"{number:02x}" for number in (LOCALLY_ADMINISTERED, 0, *numbers))


def told(secret: Manifest) -> str:
    """Return a Secret as this podman reads it: with what it holds as it is, not as base64."""
    data = {key: base64.b64decode(value).decode() for key, value in secret.get("data", {}).items()}
    return json.dumps({**secret, "data": data})


@contextmanager
def standing(
    podman: Docker, manifests: Sequence[Manifest], play: Play, folder: Path, port: int
) -> Iterator[Cluster]:
    """Give a cluster in which nothing is played yet; it is gone afterwards, whatever happened."""
    cluster = Cluster(
        podman=podman,
        play=play,
        policies=of_kind(manifests, "NetworkPolicy"),
        folder=folder,
        port=port,
    )
    cluster.remove()
    try:
        yield cluster
    finally:
        cluster.remove()
