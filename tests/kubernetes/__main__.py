"""``make k8s-play``: k8s/overlays/dev for real, as far as podman goes, on a Debian machine without a registry.

Renders the overlay, has `podman kube play` run its pods with the image that Docker builds, keeps them
apart as its NetworkPolicies say, talks through its gateway, takes pods away, and removes all of it
again. Only images stay. The status is 1 where something was not as it should be.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dev import ports
from dev.containers.docker import Docker, Failed
from dev.errors import CannotStart
from dev.k8s.rendering import Manifest, copied, render
from dev.k8s.variants import VARIANTS
from dev.settings import ROOT
from tests.containers import images, machine, podman
from tests.containers.table import Row, Table, steps_asked_for
from tests.kubernetes import reach, steps
from tests.kubernetes.cluster import Cluster, standing
from tests.kubernetes.losses import NotPlayable
from tests.kubernetes.memory import Watch, as_bytes, mib
from tests.kubernetes.translation import translated

KEPT = ROOT / "build" / "containers"
"""Of what `make containers` keeps as well, and podman's settings."""
(OVERLAY,) = (variant for variant in VARIANTS if variant.name == "dev")
OFFICIAL = "docker.io/library/"
PLAYED = (
    podman.Image(images.IMAGE, "localhost/parley:local"),
    podman.Image("postgres:18", f"{OFFICIAL}postgres:18"),
    podman.Image("redis:8.0", f"{OFFICIAL}redis:8.0"),
    podman.Image("haproxy:3.0", f"{OFFICIAL}haproxy:3.0"),
)
NOT_PROVEN = (
    "what a scheduler, a kubelet and controllers do: another pod for one that is gone, a rolling"
    " update, scaling, eviction",
    "that policies hold in a cluster: rules of nft made from them hold here, in each pod's network",
    "push services at 443 over IPv6, and that a pod of another namespace is known by its labels",
    "Pod Security, quotas, storage classes, more than one node, an ingress or the Gateway API",
)
"""What nobody should conclude from a good end."""


def main() -> int:
    """Try everything; return the exit status."""
    only = steps_asked_for("python -m tests.kubernetes", description=__doc__)
    logging.getLogger("clients").setLevel(logging.CRITICAL)
    table, began_s = Table(), time.monotonic()
    try:
        with machine.prepared(KEPT) as docker:
            client = podman.prepared(KEPT / "podman")
            seen = f"{images.version(docker)}, {client.run('--version').strip()}"
            table.add(Row(what="machine", seconds=time.monotonic() - began_s, seen=seen))
            images.build(docker, table)
            table.run("images for podman", partial(hand_over, docker, client))
        with TemporaryDirectory(prefix="parley-play-") as folder:
            try_all(client, Path(folder), table, only)
    except (CannotStart, Failed, NotPlayable) as error:
        table.add(Row(what="stopped", seconds=0, seen=str(error), is_good=False))
    return table.close(time.monotonic() - began_s)


def hand_over(docker: Docker, client: Docker) -> str:
    """Give podman the images."""
    return f"{podman.handed_over(docker, client, PLAYED)} of {len(PLAYED)} were new"


def try_all(client: Docker, folder: Path, table: Table, only: str) -> None:
    """Play the overlay, try each step, and take it away."""
    manifests, port = rendered(), ports.free_port()
    play = translated(manifests, port=port)
    tell("what podman does not do, or does otherwise", play.lost)
    with standing(client, manifests, play, folder, port) as cluster:
        if not table.run("start", lambda: steps.started(cluster)):
            keep_log(cluster)
            return
        watch = Watch(cluster)
        with watch.looking():
            for what, step in plan(cluster, watch):
                if only in what:
                    table.run(what, step)
        tell("memory: idle, at most, asked for, limit", measured(cluster, watch))
        tell("what this does not prove", NOT_PROVEN)
        if not table.is_good:
            keep_log(cluster)


def rendered() -> list[Manifest]:
    """Return what a cluster would get, with secrets made for this."""
    with copied() as root:
        return render(root, OVERLAY)


def plan(cluster: Cluster, watch: Watch) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the steps by name, in their order."""
    yield "memory idle", partial(steps.rested, cluster, watch)
    yield "confinement", partial(steps.confined, cluster)
    yield "probes", partial(steps.probed, cluster)
    yield "who reaches whom", partial(reach.isolated, cluster)
    yield "who reaches the outside", partial(reach.kept_inside, cluster)
    yield "conversation", partial(steps.talk, cluster)
    yield "trace", partial(steps.traced, cluster)
    yield "away and back", partial(steps.away, cluster)
    for service in ("chat", "receipts", "queue", "presence"):
        yield f"lose a pod of {service}", partial(steps.lost, cluster, service)
    for server in ("redis", "postgres"):
        yield f"lose the pod of {server}", partial(steps.server_lost, cluster, server)
    yield "crash in place", partial(steps.crashed, cluster, reach.OURS)
    yield "drain a pod of chat", partial(steps.drained, cluster)
    yield "who reaches whom, afterwards", partial(reach.isolated, cluster)
    yield "load", partial(steps.loaded, cluster)


def measured(cluster: Cluster, watch: Watch) -> Iterator[str]:
    """Yield what each container took, beside what it may have."""
    for pod in cluster.serving:
        (container,) = pod.template["containers"]
        asked, limit = (
            as_bytes(container["resources"][kind]["memory"]) for kind in ("requests", "limits")
        )
        taken = watch.taken[pod.name]
        each = (taken.idle, taken.most, asked, limit)
        yield f"{pod.name:<12} {' '.join(f'{mib(count):>8}' for count in each)}"


def tell(heading: str, lines: Sequence[str] | Iterator[str]) -> None:
    """Show something that is not a step."""
    body = "".join(f"  {line}\n" for line in lines)
    sys.stdout.write(f"\n{heading}:\n{body}\n")
    sys.stdout.flush()


def keep_log(cluster: Cluster) -> None:
    """Keep what the containers wrote, and say where."""
    log = KEPT / "kubernetes.log"
    log.write_text(cluster.log(), encoding="utf-8")
    sys.stdout.write(f"what the containers wrote: {log}\n")


if __name__ == "__main__":
    sys.exit(main())
