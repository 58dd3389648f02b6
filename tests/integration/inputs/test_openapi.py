"""Each service does what its OpenAPI document says, for requests that are made out of it.

schemathesis makes them: right ones, wrong ones, and ones at the edges of what is allowed; it looks for
answers of 5xx, and for status, media type, headers and bodies that the document does not have. It runs
as a program of its own. What a schema cannot say, that two parameters exclude each other or who may do
what, makes right requests refused: that is no failure. Operations that end the sign-in it works with
are left to other tests.
"""

import asyncio
import base64
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dev.bootstrap import OPENAPI
from dev.settings import environment
from tests.integration.inputs.settings import INPUTS
from tests.integration.inputs.stage import TOO_SLOW, ask

EXAMPLES = 4 if "CI_FULL" in environment() else 2
OPEN_TO_ALL = ("--phases", "fuzzing", "--include-tag", "sign-in", "--include-tag", "health")
WORKS_AS = {"chat": "ann", "presence": "boss", "queue": "boss", "receipts": "ann"}
"""By service; where there is something for staff, staff."""
NOBODY = "test_so_it_is_for_those_who_are_not_signed_in"
LEFT_OUT = ("logout", "end_sign_in")
CONFIGURATION = """\
[dictionaries]
rooms.values = ["{room}", "{direct}", "{foreign}"]
people.values = ["{bob}", "{eve}"]
seqs.values = ["1", "2", "999"]

[output.sanitization]
enabled = false

[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503", "504"]

[parameters]
"path.room_id" = {{ dictionary = "rooms", probability = 0.7 }}
"path.user_id" = {{ dictionary = "people", probability = 0.7 }}
"path.seq" = {{ dictionary = "seqs", probability = 0.7 }}
"query.ids" = {{ dictionary = "people", probability = 0.5 }}
"""
"""Ids that there are, so that more is reached than refusals. 503 and 504 say that a machine is slow, once:
what is answered so is asked again."""
WITHIN_S = 60


@pytest.fixture(scope="module")
def tried(stage, request, tmp_path_factory):
    """What comes of trying each service that a chosen test is about, two at the same time."""
    with ThreadPoolExecutor(2) as threads:
        yield {
            name: threads.submit(run, stage, name, tmp_path_factory.mktemp(name))
            for name in [*WORKS_AS, NOBODY]
            if any(
                name == about(item) for item in request.session.items if item.path == request.path
            )
        }


def about(item):
    """Return what a test of this module is about."""
    return item.callspec.params["service"] if hasattr(item, "callspec") else item.name


def run(stage, name, folder):
    """Try a service, at its own port: the gateway refuses by itself what is very long."""
    configuration, report = folder / "schemathesis.toml", folder / "report.har"
    configuration.write_text(CONFIGURATION.format_map(stage.names))
    service = "chat" if name == NOBODY else name
    url = f"http://127.0.0.1:{stage.world.suite.process(service).port}/api/{service}"
    left_out = LEFT_OUT if service == "chat" else ()
    ran = schemathesis(
        configuration,
        f"{url}/openapi.json",
        *("--seed", str(INPUTS.seed), "--generation-database", "none"),
        *("--request-timeout", str(WITHIN_S)),
        *("--report-har-path", str(report), "--report-preserve-bytes"),
        *(part for each in left_out for part in ("--exclude-operation-id", each)),
        *("--max-examples", str(EXAMPLES * INPUTS.times)),
        *(OPEN_TO_ALL if name == NOBODY else signed_in(stage, service)),
    )
    return ran, report


def signed_in(stage, service):
    """Return the options by which requests are those of somebody."""
    token = stage.people[WORKS_AS[service]].token
    return ("--header", f"Authorization: Bearer {token}")


def check(ran, report):
    """Fail where anything was found."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    asyncio.run(ask_again(report))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", WORKS_AS)
def test_a_service_does_what_its_document_says(tried, service):
    check(*tried[service].result())


@pytest.mark.timeout(600)
def test_so_it_is_for_those_who_are_not_signed_in(tried):
    # That all else needs a token schemathesis has found out above, by leaving it away.
    check(*tried[NOBODY].result())


def schemathesis(configuration, url, *options):
    """Try the API of a document; return the ended program."""
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color"]
    command += ["--config-file", str(configuration)]
    command += ["run", url, "--exclude-checks", "positive_data_acceptance", *options]
    return subprocess.run(
        command,
        cwd=configuration.parent,
        env={**environment(), "PYTHONPATH": str(OPENAPI)},
        capture_output=True,
        text=True,
        check=False,
    )


async def ask_again(report):
    """Make those requests again for which the machine was too slow, byte by byte."""
    made = json.loads(report.read_text(encoding="utf-8"))["log"]["entries"]
    slow = [each["request"] for each in made if each["response"]["status"] in TOO_SLOW]
    async with httpx.AsyncClient(timeout=WITHIN_S) as http:
        for request in slow:
            headers = [(header["name"], header["value"]) for header in request["headers"]]
            content = base64.b64decode(request.get("postData", {}).get("text", ""))
            await ask(http, request["method"], request["url"], headers=headers, content=content)
