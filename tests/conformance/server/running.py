"""Plays scenarios, each to a client in a process of its own."""

from pathlib import Path

from tests.conformance.reading import Behaviour, behaviours
from tests.conformance.server.driving import running
from tests.conformance.server.playing import Stage

HERE = Path(__file__).parent / "scenarios"
AT_ONCE = 4
WITHIN_S = 30.0
"""How long anything may take; above the longest pause of a client that tries again."""


def scenarios() -> list[Behaviour]:
    """Return all scenarios, by topic."""
    return behaviours(HERE)


async def play(scenario: Behaviour, client: str, *, within_s: float = WITHIN_S) -> None:
    """Play one scenario.

    Args:
        scenario: what the server does, and what the client has to.
        client: the command that starts its adapter.
        within_s: how long anything may take.

    Raises:
        Missing: what had to come did not.
        Mismatch: something else came.
        ConnectionError: the adapter has ended.
    """
    async with running(client, within_s=within_s) as do:
        await Stage(do, within_s=within_s).play(scenario.steps)
