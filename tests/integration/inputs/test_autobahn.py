"""The cases of the Autobahn test suite, against chat's server, its settings and both ways of its wire.

They want an echo, so an application that gives one stands in chat's place. Left out are cases with
messages above 1 MiB, which chat refuses, and those of compression, which it does not offer.
"""

import asyncio

import pytest
import uvloop
from kosoku import run_fuzzingclient

from tests.integration.inputs.echo import by_events, by_wire, echoing

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.1", "9.1.2", "9.7.*", "10.*"]
WITHIN_A_TEXT = "7.1.5"
"""A close between two parts of a text, to which the library says 1002 instead of the client's code. The
connection ends all the same; the standard leaves the code to the server. Source: RFC 6455, 5.5.1."""
BYTES = ["1.2.*", "9.2.*"]
"""Cases with binary messages, which do not go by the wire: chat closes with 1003."""
AT_ONCE = 24
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}


@pytest.mark.parametrize(
    ("application", "left_out"),
    [(by_events, []), (by_wire, BYTES)],
    ids=["by events", "by the wire"],
)
def test_every_case_of_autobahn_passes(application, left_out):
    async def play():
        async with echoing(application) as url:
            left = [WITHIN_A_TEXT, *left_out]
            return await run_fuzzingclient(url, CASES, left, concurrency=AT_ONCE)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(play())

    verdicts = {each.case_id: {each.behavior.value, each.behavior_close.value} for each in results}
    assert {case: verdict for case, verdict in verdicts.items() if verdict - GOOD} == {}
    assert len(verdicts) > 200
