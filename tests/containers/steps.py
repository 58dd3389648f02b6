"""What is tried with the stack, each by itself: returns what was seen, raises where it is not as it should."""

import asyncio
import http.client
import json
import ssl
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.request import urlopen

import httpx

from dev.containers.docker import Failed, megabytes
from dev.services import SERVICES
from dev.settings import ROOT, environment
from tests.containers import people
from tests.containers.images import IMAGE
from tests.containers.people import under_traffic
from tests.containers.stack import NETWORK, TLS_FILES, UP, Stack
from tests.containers.stand_ins import PYTHON
from tests.waiting import WITHIN_S, until

NAMES = [service.name for service in SERVICES]
NAMES_OF_JOBS = {*NAMES, "gateway"}
NOBODY = "65534:65534"
CLAIMED = "203.0.113.7"
"""An address of nobody. Source: RFC 5737."""
ALL = (*NAMES, "gateway", "postgres", "redis")
REPLICAS = 3
SILENT_S = 6.0
"""How long a server is paused: longer than every timeout of a single call."""
NOTICED_WITHIN_S = 45.0
"""Longer than two scrapes of Prometheus, which are the slowest to notice something."""
STOPPED_BY_ITSELF = {0}
ROOT_UID = "0"
BROWSER_CHARS = 2_000
FORBIDDEN_PROGRAMS = ("gcc", "cc", "g++", "make")
WRITES = "touch /srv/parley/x || touch /etc/x || touch /opt/parley/x"


def configuration(stack: Stack) -> str:
    """Both compose files are understood by compose v2, with all profiles."""
    stack.compose("--profile=*", "config", "--quiet")
    stack.compose("--profile=*", "config", "--quiet", options=TLS_FILES)
    return stack.docker.run("compose", "version", "--short").strip()


def start(stack: Stack) -> str:
    """From nothing to healthy: data folders, roles, databases, migrations, services, gateway."""
    stack.up()
    stack.until_healthy(ALL)
    return f"{len(ALL)} containers healthy"


def confinement(stack: Stack) -> str:
    """Nobody is root, may gain rights, or write on the root; nothing compiles; nothing is cached."""
    for service in ALL:
        container = stack.container(service)
        status = stack.inside(container, "cat", "/proc/1/status")
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert ROOT_UID not in told["Uid"].split(), f"{service} is root"
        assert int(told["CapEff"], 16) == 0, f"{service} has capabilities"
        assert int(told["CapBnd"], 16) == 0, f"{service} could have capabilities"
        assert told["NoNewPrivs"] == "1", f"{service} may gain privileges"
        assert stack.docker.inspect(container)["HostConfig"]["ReadonlyRootfs"], service
    chat = stack.container("chat")
    with suppress(Failed):
        stack.inside(chat, "sh", "-c", WRITES)
        raise AssertionError("chat can write on its root")
    for program in FORBIDDEN_PROGRAMS:
        with suppress(Failed):
            stack.inside(chat, "sh", "-c", f"command -v {program}")
            raise AssertionError(f"there is {program} in the image")
    packages = stack.inside(chat, "sh", "-c", "ls /opt/parley/lib/python3*/site-packages")
    assert "pip" not in packages.split()
    found = stack.inside(chat, "sh", "-c", "find / -xdev -path '*/.cache/*' 2>/dev/null; true")
    assert not found.strip(), f"cached: {found[:200]}"
    secrets = stack.inside(chat, "cat", "/proc/1/environ")
    assert "PRIVATE KEY" not in secrets
    assert "postgresql://" not in secrets
    return "no root, no capability, no writing, no compiler, no secret in the environment"


def size(stack: Stack) -> str:
    """How much our image adds to the one that it stands on."""
    whole, base = stack.docker.image_bytes(IMAGE), stack.docker.image_bytes(PYTHON)
    return f"{megabytes(whole - base)} above {megabytes(base)} of {PYTHON}"


def talk(stack: Stack) -> str:
    """Two people talk through the gateway."""
    return asyncio.run(people.conversation(stack.url))


def traced(stack: Stack) -> str:
    """Staff learns what became of a message: chat reaches those whom it asks."""
    chat = stack.container("chat")
    return asyncio.run(people.traced(stack.url, lambda command: stack.inside(chat, *command)))


def browsed(stack: Stack) -> str:
    """People use the page in Chromium: the tests of it that break nothing."""
    variables = {"PARLEY_URL": stack.page_url, "PARLEY_REQUIRE_BROWSER": "1"}
    ran = subprocess.run(
        (sys.executable, "-m", "pytest", "--quiet", "tests/e2e"),
        cwd=ROOT,
        env={**environment(), **variables},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-BROWSER_CHARS:]
    return ran.stdout.splitlines()[-1]


def addresses(stack: Stack) -> str:
    """A service sees where somebody comes from, and not the gateway, nor what they claim."""
    whoever = {"username": f"eve-{uuid.uuid4().hex[:8]}", "password": people.PASSWORD}
    registered = httpx.post(
        f"{stack.url}/api/chat/auth/register",
        json=whoever,
        headers={"X-Forwarded-For": CLAIMED, "Forwarded": f"for={CLAIMED}"},
        timeout=WITHIN_S,
    )
    assert registered.status_code == 201
    asyncio.run(people.conversation(stack.url))
    rows = stack.query("chat", "select distinct address from audit_entry where address <> ''")
    seen = {row["address"] for row in rows}
    assert seen == {f"{NETWORK}.1"}, f"seen: {seen}"
    return f"{NETWORK}.1, this machine"


def page(stack: Stack) -> str:
    """The web client comes from chat, with its scripts, and browsers are told to be careful."""
    with urlopen(f"{stack.url}/", timeout=10) as answer:  # noqa: S310 - ours
        text = answer.read().decode()
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    script = text.partition('src="')[2].partition('"')[0]
    with urlopen(f"{stack.url}{script}", timeout=10) as answer:  # noqa: S310 - ours
        return f"{script.rpartition('/')[2]}, {len(answer.read()) // 1000} kB"


def scaled(stack: Stack) -> str:
    """The gateway finds three containers of chat; who is connected meanwhile stays so."""

    def deed() -> str:
        began_s = time.monotonic()
        stack.scale("chat", REPLICAS)
        up_s = time.monotonic() - began_s
        wait(lambda: stack.backends_up("chat") == REPLICAS, "three containers behind the gateway")
        found_s = time.monotonic() - began_s - up_s
        return f"{REPLICAS} up in {up_s:.0f} s, found in {found_s:.1f} s more"

    seen = under_traffic(stack, deed, staying=True)
    asyncio.run(people.conversation(stack.url))  # over the new ones, which have fewest connections
    return seen


def killed(stack: Stack, services: Sequence[str]) -> str:
    """The first process of a container each is killed; Docker starts it again."""

    def deed() -> str:
        for service in services:
            container = stack.container(service)
            before = stack.restarts(container)
            stack.kill(container)
            wait(partial(stack.has_restarted, container, before), f"{service} starts again")
            stack.until_healthy([service])
        return ""

    return under_traffic(stack, deed)


def silent(stack: Stack, service: str) -> str:
    """A server says nothing for a while, and then goes on."""

    def deed() -> str:
        with stack.paused(service):
            time.sleep(SILENT_S)
        return f"silent for {SILENT_S:g} s, healthy after {stack.until_healthy(ALL):.1f} s"

    return under_traffic(stack, deed)


def rolled(stack: Stack) -> str:
    """All containers of chat are replaced by new ones, each old one drained, none killed."""
    before = set(stack.containers("chat"))

    def deed() -> str:
        ended = stack.roll("chat")
        assert set(ended.values()) == STOPPED_BY_ITSELF, f"ended with {ended}"
        assert len(ended) == len(before)
        return f"{len(ended)} drained"

    seen = under_traffic(stack, deed)
    after = set(stack.containers("chat"))
    assert after.isdisjoint(before)
    assert len(after) == len(before)
    return seen


def started_again(stack: Stack) -> str:
    """All is stopped, each by itself and in time; all is there again afterwards."""
    stack.scale("chat", 1)

    async def before() -> tuple[str, str]:
        async with people.couple(stack.url) as pair:
            await pair.people[0].say(pair.room)
            return pair.room, await pair.all_arrived(stack)

    room, _ = asyncio.run(before())
    containers = {service: stack.container(service) for service in ALL}
    began_s = time.monotonic()
    stack.compose("stop")
    took_s = time.monotonic() - began_s
    ended = {name: int(stack.state(one)["ExitCode"]) for name, one in containers.items()}
    assert set(ended.values()) == STOPPED_BY_ITSELF, f"ended with {ended}"
    stack.up()
    stack.until_healthy(ALL)
    rows = stack.query("chat", f"select seq from message where room_id = '{room}'")  # noqa: S608 - ours
    assert rows == [{"seq": 1}]
    return f"stopped in {took_s:.0f} s, all with status 0; the data are there"


def monitored(stack: Stack) -> str:
    """Prometheus finds every service, each container by itself, and reads its rules."""
    watching = ("prometheus", "alertmanager")
    stack.compose("--profile=monitoring", "up", *UP, "--no-deps", *watching)
    wait(lambda: set(jobs_up(stack)) >= NAMES_OF_JOBS, lambda: f"targets: {jobs_up(stack)}")
    # It looks the names up every fifteen seconds.
    count = len(stack.containers("chat"))
    wait(lambda: jobs_up(stack)["chat"] == count, lambda: f"{jobs_up(stack)}, not {count} of chat")
    for container in (stack.container(name) for name in watching):
        assert stack.docker.inspect(container)["Config"]["User"] == NOBODY
    rules = asked_of_prometheus(stack, "rules")["groups"]
    jobs = jobs_up(stack)
    stack.compose("--profile=monitoring", "rm", "--stop", "--force", *watching)
    return f"{sum(jobs.values())} targets, {len(rules)} groups of rules; Grafana was not run"


def jobs_up(stack: Stack) -> Counter[str]:
    """Return how many targets of each job Prometheus could ask."""
    try:
        targets = asked_of_prometheus(stack, "targets")["activeTargets"]
    except OSError:
        return Counter()
    return Counter(each["labels"]["job"] for each in targets if each["health"] == "up")


def asked_of_prometheus(stack: Stack, what: str) -> Any:
    """Return what Prometheus tells over its API."""
    url = f"http://127.0.0.1:{stack.prometheus_port}/api/v1/{what}"
    with urlopen(url, timeout=5) as answer:
        return json.load(answer)["data"]


def served_over_tls(stack: Stack) -> str:
    """The same over https alone: http leads there, and no cookie goes without TLS."""
    stack.up(options=TLS_FILES)
    stack.until_healthy(ALL)
    certificate = str(stack.secrets / "tls.pem")
    plain = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=5)
    plain.request("GET", "/any?thing=1")
    answer = plain.getresponse()
    assert (answer.status, answer.headers["location"]) == (308, f"{stack.tls_url}/any?thing=1")
    context = ssl.create_default_context(cafile=certificate)
    with urlopen(f"{stack.tls_url}/", timeout=10, context=context) as page:  # noqa: S310 - ours
        assert page.headers["strict-transport-security"]
    return asyncio.run(people.conversation(stack.tls_url, people.trusting(certificate)))


def wait(condition: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Wait for something, outside of an event loop."""
    asyncio.run(until(condition, what=what, within_s=NOTICED_WITHIN_S))
