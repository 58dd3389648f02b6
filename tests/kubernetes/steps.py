"""What is tried with the overlay, each by itself: returns what was seen, raises where it is not as it should be."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from dev.containers.docker import Failed
from tests.containers import people
from tests.containers.people import under_traffic
from tests.kubernetes import probes
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.memory import MIB, Watch, as_bytes
from tests.kubernetes.translation import Pod
from tests.waiting import until

NOTICED_WITHIN_S = 120.0
IDLE_S = 10.0
MEANWHILE = 10
"""Messages that are stored while a pod is away."""
COUPLES = 5
LOAD_S = 15.0
GRACE_S = "40"
STOPPED_BY_ITSELF = 0
NO_CAPABILITY = 0
FILTERED = "2"
"""Of /proc/1/status: which system calls there are is filtered."""


def started(cluster: Cluster) -> str:
    """All pods begin at the same time, as a cluster would let them; those of services wait."""
    cluster.create()
    began_s = time.monotonic()
    with ThreadPoolExecutor(len(cluster.play.pods)) as threads:
        list(threads.map(cluster.start, cluster.play.pods))
    (job,) = (pod for pod in cluster.play.pods if pod.ends)
    wait(lambda: cluster.state(job)["Status"] == "exited", "the Job ends")
    assert cluster.state(job)["ExitCode"] == STOPPED_BY_ITSELF
    until_ready(cluster, cluster.serving)
    for pod in cluster.serving:
        if "initContainers" in pod.template:
            began = moment(cluster.state(pod)["StartedAt"])
            assert began > migrated(cluster, pod.workload), f"{pod.name} did not wait"
    return f"{len(cluster.serving)} pods ready {time.monotonic() - began_s:.0f} s after the first"


def migrated(cluster: Cluster, service: str) -> dt.datetime:
    """Return when the last migration of a service was applied; those of others may take longer."""
    (row,) = cluster.query(service, "select max(applied) as at from django_migrations")
    return moment(row["at"])


def moment(text: str) -> dt.datetime:
    """Read a moment as podman writes it."""
    return dt.datetime.fromisoformat(text)


def confined(cluster: Cluster) -> str:
    """Every container is who its manifest says, may nothing, writes nowhere, and has its limit."""
    for pod in cluster.serving:
        (wanted,) = pod.template["containers"]
        security = pod.template["securityContext"]
        status = cluster.inside(pod, "cat", "/proc/1/status")
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(told["Uid"].split()) == {str(security["runAsUser"])}, f"{pod.name} is another"
        assert set(told["Gid"].split()) == {str(security["runAsGroup"])}, f"{pod.name}'s group"
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(told[kind], 16) == NO_CAPABILITY, f"{pod.name} has {kind}"
        assert told["NoNewPrivs"] == "1", f"{pod.name} may gain privileges"
        assert told["Seccomp"] == FILTERED, f"{pod.name} may ask the kernel for anything"
        limits = cluster.podman.inspect(cluster.container(pod))["HostConfig"]
        assert limits["ReadonlyRootfs"], f"{pod.name} has a root that can be written"
        assert limits["Memory"] == as_bytes(wanted["resources"]["limits"]["memory"])
        with suppress(Failed):
            cluster.inside(pod, "sh", "-c", "touch /x || touch /etc/x")
            raise AssertionError(f"{pod.name} can write on its root")
    return (
        f"{len(cluster.serving)} containers: their users, no capability, no writing, their limits"
    )


def probed(cluster: Cluster) -> str:
    """Every probe of every container answers, in the time that it has, as often as it may be asked."""
    asked = [
        probes.asked_in_vain(cluster, pod, kind)
        for pod in cluster.serving
        for kind in probes.probes_of(pod)
    ]
    return f"{len(asked)} probes, as they were written; {sum(asked)} answers were late"


def talk(cluster: Cluster) -> str:
    """Two people talk through the gateway."""
    return asyncio.run(people.conversation(cluster.url))


def traced(cluster: Cluster) -> str:
    """Staff learns what became of a message: chat reaches those whom it asks."""
    pod, *_ = cluster.pods_of("chat")
    return asyncio.run(people.traced(cluster.url, lambda command: cluster.inside(pod, *command)))


def away(cluster: Cluster) -> str:
    """What was written to somebody who is not there waits for them."""
    return asyncio.run(people.away(cluster.url))


def lost(cluster: Cluster, workload: str) -> str:
    """A pod is gone with its network while people talk; they go on, and it comes back."""
    victim, *others = cluster.pods_of(workload)

    def deed() -> str:
        cluster.kill(victim)
        if victim.names and workload != "gateway":
            wait(lambda: cluster.backends_up(workload) == len(others), f"{victim.name} is missed")
        wait_for_messages(cluster)
        cluster.again(victim)
        until_ready(cluster, [victim])
        wait(lambda: cluster.backends_up(workload) == 1 + len(others), f"{victim.name} serves")
        return f"{MEANWHILE} stored without it"

    seen = under_traffic(cluster, deed)
    return f"{seen}; {asyncio.run(people.conversation(cluster.url))}"


def server_lost(cluster: Cluster, workload: str) -> str:
    """The same of what services stand on, without which nobody goes on: nothing is lost."""
    (victim,) = cluster.pods_of(workload)

    def deed() -> str:
        cluster.kill(victim)
        cluster.again(victim)
        until_ready(cluster, [victim])
        return ""

    return under_traffic(cluster, deed)


def crashed(cluster: Cluster, workloads: Sequence[str]) -> str:
    """The first process of a pod's container ends, and is there again in the same pod."""
    pods = [cluster.pods_of(workload)[0] for workload in workloads]

    def deed() -> str:
        for pod in pods:
            before = cluster.state(pod)["StartedAt"]
            cluster.crash(pod)
            wait(partial(is_anew, cluster, pod, before), f"{pod.name} starts again")
            until_ready(cluster, [pod])
        return f"{', '.join(pod.name for pod in pods)} started again in place"

    return under_traffic(cluster, deed)


def is_anew(cluster: Cluster, pod: Pod, before: str) -> bool:
    """Say whether a pod's container runs since another moment than this."""
    state = cluster.state(pod)
    return bool(state["Running"]) and state["StartedAt"] != before


def drained(cluster: Cluster) -> str:
    """A pod of chat is asked to end: it drains, and ends by itself in time."""
    pod, *_ = cluster.pods_of("chat")

    def deed() -> str:
        began_s = time.monotonic()
        cluster.podman.run("pod", "stop", f"--time={GRACE_S}", pod.name)
        took_s = time.monotonic() - began_s
        assert cluster.state(pod)["ExitCode"] == STOPPED_BY_ITSELF
        cluster.again(pod)
        until_ready(cluster, [pod])
        return f"ended by itself in {took_s:.0f} s"

    return under_traffic(cluster, deed)


def rested(cluster: Cluster, watch: Watch) -> str:
    """Nothing happens for a while; what is taken then is noted."""
    time.sleep(IDLE_S)
    watch.look(is_idle=True)
    return f"{sum(taken.idle for taken in watch.taken.values()) / MIB:.0f} Mi in all"


def loaded(cluster: Cluster) -> str:
    """Some couples talk at the same time."""

    async def whole() -> list[str]:
        return await asyncio.gather(*(one() for _ in range(COUPLES)))

    async def one() -> str:
        async with people.couple(cluster.url) as pair:
            async with pair.talking():
                await asyncio.sleep(LOAD_S)
            return await pair.all_arrived(cluster)

    first, *_ = asyncio.run(whole())
    return f"{COUPLES} couples at once, of whom the first: {first}"


def until_ready(cluster: Cluster, pods: Iterable[Pod]) -> None:
    """Wait until the readiness probes of pods answer."""
    for pod in pods:
        wait(partial(probes.is_ready, cluster, pod), f"{pod.name} is ready")


def wait_for_messages(cluster: Cluster) -> None:
    """Wait until some more are stored."""

    def count() -> int:
        (row,) = cluster.query("chat", "select count(*) as n from message")
        return int(row["n"])

    wanted = count() + MEANWHILE
    wait(lambda: count() >= wanted, f"{MEANWHILE} messages more")


def wait(condition: Callable[[], bool], what: str) -> None:
    """Wait for something, outside of an event loop."""
    asyncio.run(until(condition, what=what, within_s=NOTICED_WITHIN_S))
