"""The doctor in a whole suite: all is well, then one thing is not."""

import asyncio
import contextlib
import json
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from dev.doctor import command_for, environment_for
from dev.harness import RunningSuite, wait_until
from dev.keys import load_secrets, make_secrets
from dev.ports import LOOPBACK
from dev.settings import ROOT
from libs.common.doctor.asking.http import place_of
from libs.common.doctor.asking.sockets import open_socket
from libs.common.doctor.checks import CHECKS, Verdict
from libs.common.doctor.rules.streams import SILENT_MS
from libs.common.doctor.rules.way_in import judge_idle
from tests.integration.waiting import WITHIN_S
from tests.redis_users import refusals

STARTING_S = 240
ONLY_WITH_TLS = {"way_in.certificate", "way_in.redirect"}
ONLY_WHERE_ASKED_FOR = {"way_in.idle"}
ONLY_WITH_AN_ISSUER = {"keys.issuer"}


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    running = RunningSuite.start(tmp_path_factory.mktemp("doctor") / "run")
    yield running
    running.stop()


def examine(suite, **changed):
    """Return the exit status and what was said."""
    environment = environment_for(suite.run_dir, suite.state)
    done = subprocess.run(
        (*command_for(suite.state), "--json"),
        cwd=ROOT,
        env=environment | changed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def secrets_of(suite):
    secrets = load_secrets(suite.run_dir)
    urls = [*suite.state.database_urls.values(), suite.state.redis_services_url]
    pem_lines = (secrets.token_signing_key + secrets.vapid_private_key).splitlines()
    keys = [line for line in pem_lines if not line.startswith("-----")]
    return [secrets.secret_key, *keys, *[str(urlsplit(url).password) for url in urls]]


def silent_ms(suite, group):
    """Return for how long nobody of a group has read what every group reads."""
    with contextlib.closing(Redis.from_url(suite.state.redis_url)) as redis:
        return min(consumer["idle"] for consumer in redis.xinfo_consumers("chat.rooms:{0}", group))


def bad(said):
    return [
        (each["check"], each["about"], each["seen"], each["do"])
        for each in json.loads(said)["findings"]
        if each["verdict"] != "ok"
    ]


@pytest.mark.timeout(STARTING_S)
def test_a_suite_that_is_well_is_found_well_and_nobody_is_refused_anything(suite):
    before = refusals(suite.state.redis_url)

    status, said = examine(suite)

    assert (status, bad(said)) == (0, [])
    looked_at = {each["check"] for each in json.loads(said)["findings"]}
    others = ONLY_WITH_TLS | ONLY_WHERE_ASKED_FOR | ONLY_WITH_AN_ISSUER
    assert looked_at == {check.name for check in CHECKS} - others
    assert refusals(suite.state.redis_url) == before
    assert not [secret for secret in secrets_of(suite) if secret in said]


@pytest.mark.timeout(STARTING_S)
def test_a_key_of_another_installation_is_named_with_the_cure(suite):
    status, said = examine(suite, TOKEN_SIGNING_KEY=make_secrets().token_signing_key)

    found = bad(said)
    assert [check for check, *_ in found] == ["keys.tokens"]
    ((_, _, seen, do),) = found
    assert status == 1
    assert "TOKEN_VERIFY_KEYS" in seen
    assert "put the public half in" in do


@pytest.mark.timeout(STARTING_S)
def test_a_service_that_does_not_run_is_named_wherever_it_is_missed(suite):
    with suite.stopped("queue"):
        wait_until(lambda: silent_ms(suite, "queue") > SILENT_MS, what="queue to be missed")
        status, said = examine(suite)

    found = bad(said)
    groups = [(about, do) for check, about, _, do in found if check == "streams.groups"]
    assert status == 1
    assert "queue" in {about for check, about, *_ in found if check == "way_in.services"}
    assert {about for about, _ in groups} == {
        "chat.rooms:{0}",
        "chat.sessions:{0}",
        "chat.submitted:{0}",
        "receipts.lag:{0}",
    }
    assert all(do.startswith("Start queue") for _, do in groups)


@pytest.fixture
async def proxy(suite):
    """Return what starts a proxy that cuts off whoever has been there for so long."""
    started = []

    async def start(*, after_s):
        port = urlsplit(suite.state.gateway_url).port

        async def handle(reader, writer):
            there, back = await asyncio.open_connection(LOOPBACK, port)
            pumps = [
                asyncio.create_task(pump(reader, back)),
                asyncio.create_task(pump(there, writer)),
            ]
            await asyncio.wait(pumps, timeout=after_s)
            for each in pumps:
                each.cancel()
            writer.transport.abort()
            back.transport.abort()

        started.append(await asyncio.start_server(handle, LOOPBACK, 0))
        return f"{LOOPBACK}:{started[-1].sockets[0].getsockname()[1]}"

    yield start
    for each in started:
        each.close()


async def pump(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)


async def test_a_silent_socket_is_held_and_it_is_seen_when_it_is_cut_off(suite, proxy):
    token = await sign_up(suite.state.gateway_url)
    whole, cut = place_of(suite.state.gateway_url), await proxy(after_s=0.5)
    through = place_of(suite.state.gateway_url, cut)

    lived = await open_socket(whole, origin=whole.origin, token=token, for_s=1)
    died = await open_socket(through, origin=whole.origin, token=token, for_s=30)

    assert judge_idle(lived).verdict is Verdict.OK
    assert judge_idle(died).verdict is Verdict.WRONG
    assert died.lasted_s < 30


async def sign_up(url):
    person = {"username": "doctor", "password": "nothing that one guesses"}
    headers = {"Origin": url}
    async with httpx.AsyncClient(
        base_url=f"{url}/api/chat/auth", headers=headers, timeout=WITHIN_S
    ) as http:
        (await http.post("/register", json=person)).raise_for_status()
        answer = await http.post("/token", json=person)
    return answer.json()["access_token"]
