"""Each service does what its OpenAPI document says, for requests that are made out of it.

schemathesis makes them: right ones, wrong ones, and ones at the edges of what is allowed; it looks for
answers of 5xx, and for status, media type, headers and bodies that the document does not have. It runs
as a program of its own. What a schema cannot say, that two parameters exclude each other or who may do
what, makes right requests refused: that is no failure. Operations that end the sign-in it works with
are left to other tests.
"""

import subprocess
import sys

import pytest

from dev.bootstrap import OPENAPI
from dev.settings import environment
from tests.integration.inputs.settings import INPUTS

EXAMPLES = 4
OPEN_TO_ALL = ("--phases", "fuzzing", "--include-tag", "sign-in", "--include-tag", "health")
WORKS_AS = {"chat": "ann", "presence": "boss", "queue": "boss", "receipts": "ann"}
"""By service; where there is something for staff, staff."""
LEFT_OUT = ("logout", "end_sign_in")
CONFIGURATION = """\
[dictionaries]
rooms.values = ["{room}", "{direct}", "{foreign}"]
people.values = ["{bob}", "{eve}"]
seqs.values = ["1", "2", "999"]

[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503", "504"]

[parameters]
"path.room_id" = {{ dictionary = "rooms", probability = 0.7 }}
"path.user_id" = {{ dictionary = "people", probability = 0.7 }}
"path.seq" = {{ dictionary = "seqs", probability = 0.7 }}
"query.ids" = {{ dictionary = "people", probability = 0.5 }}
"""
"""Ids that there are, so that more is reached than refusals. 503 and 504 say that a machine is slow; that
nothing bad is answered with them is for the corpus to find."""
WITHIN_S = 60


@pytest.fixture
def ask(stage, tmp_path):
    """Try a service, at its own port: the gateway refuses by itself what is very long."""
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format_map(stage.names))

    def ask_of(service, *options):
        url = f"http://127.0.0.1:{stage.world.suite.process(service).port}/api/{service}"
        left_out = LEFT_OUT if service == "chat" else ()
        return schemathesis(
            configuration,
            f"{url}/openapi.json",
            *("--seed", str(INPUTS.seed), "--generation-database", "none"),
            *("--request-timeout", str(WITHIN_S)),
            *(part for name in left_out for part in ("--exclude-operation-id", name)),
            *options,
        )

    return ask_of


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", WORKS_AS)
def test_a_service_does_what_its_document_says(stage, ask, service):
    token = stage.people[WORKS_AS[service]].token
    examples = str(EXAMPLES * INPUTS.times)

    ran = ask(service, "--header", f"Authorization: Bearer {token}", "--max-examples", examples)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


def test_so_it_is_for_those_who_are_not_signed_in(ask):
    # That all else needs a token schemathesis has found out above, by leaving it away.
    ran = ask("chat", *OPEN_TO_ALL, "--max-examples", str(EXAMPLES * INPUTS.times))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


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
