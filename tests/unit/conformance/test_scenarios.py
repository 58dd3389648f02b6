"""That a client which does not do its part is told so, and that all scenarios are judged."""

import asyncio
import sys

import pytest

from tests.conformance.running import wrong_with
from tests.conformance.server.driving import running
from tests.conformance.server.playing import Stage
from tests.conformance.server.running import play, scenarios
from tests.unit.conformance.naive_client import Naive

SOON_S = 1.0
"""How long is waited for what the naive client never does."""
LONG_S = 30.0
"""How long for what it does, at once or, on a busy machine, a little later."""
FINE = {
    "After a room was left, another one is heard as before",
    "Frames, members and names that nobody knows are passed over",
}
"""Scenarios in which it does no harm to be naive."""


def within_s(scenario):
    return LONG_S if scenario.name in FINE else SOON_S


async def test_a_naive_client_fails():
    clients = [Naive() for _ in scenarios()]

    wrong = await asyncio.gather(
        *(
            wrong_with(Stage(client.do, within_s=SOON_S).play(scenario.steps))
            for client, scenario in zip(clients, scenarios(), strict=True)
        )
    )

    for client in clients:
        client.end()
    passed = {each.name for each, said in zip(scenarios(), wrong, strict=True) if not said}
    assert passed == FINE


async def test_what_is_wrong_says_what_had_to_come_and_in_which_step():
    (scenario,) = [
        each for each in scenarios() if each.name.startswith("A message that comes twice")
    ]
    naive = Naive()

    wrong = await wrong_with(Stage(naive.do, within_s=SOON_S).play(scenario.steps))

    naive.end()
    assert "expected 3 of [1, 2, 3], came 6: [1, 1, 2, 1, 2, 3]" in wrong
    assert '"eventually": true' in wrong


async def test_a_client_is_driven_by_lines():
    (scenario,) = [
        each for each in scenarios() if each.name.startswith("A message that comes twice")
    ]
    adapter = f"{sys.executable} -m tests.unit.conformance.naive_client"

    wrong = await wrong_with(play(scenario, adapter, within_s=10 * SOON_S))

    assert "came 6: [1, 1, 2, 1, 2, 3]" in wrong


async def test_an_adapter_that_ends_is_told_of():
    async with running(f"{sys.executable} -c pass", within_s=10) as do:
        with pytest.raises(ConnectionError, match="has ended"):
            await do({"do": "state"})
