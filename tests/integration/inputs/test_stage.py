"""What finds out bad inputs does so itself."""

import types

import httpx
import pytest

from tests.integration.inputs.log_reader import LogReader
from tests.integration.inputs.stage import TRIES, ask


def answering(*statuses):
    """Return a client whose requests get these statuses, one after the other."""
    left = iter(statuses)
    transport = httpx.MockTransport(lambda _: httpx.Response(next(left)))
    return httpx.AsyncClient(base_url="http://parley.test", transport=transport)


async def test_a_request_for_which_a_machine_was_too_slow_is_made_again():
    async with answering(503, 504, 400) as http:
        answer = await ask(http, "GET", "/")

    assert answer.status_code == 400


@pytest.mark.parametrize("status", [503, 504])
async def test_one_for_which_it_is_so_each_time_is_found_out(status):
    async with answering(*[status] * TRIES, 200) as http:
        with pytest.raises(AssertionError, match=f"{TRIES} times {status}: GET /"):
            await ask(http, "GET", "/")


def test_what_is_logged_is_read_once_whenever_it_was_logged():
    suite = types.SimpleNamespace(log="Traceback of others\n")
    reader = LogReader(suite)

    suite.log += "fine\nTraceback between two tests\nTrace"
    first = reader.bugs()
    suite.log += "back in two parts\n"

    assert first == ["Traceback between two tests"]
    assert (reader.bugs(), reader.bugs()) == (["Traceback in two parts"], [])
