"""A run: one suite behind proxies, round after round, for as long as one wants."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from dev.harness import UNLIMITED, RunningSuite
from tests.faults.chaos import (  # noqa: F401 - each enters its faults into the catalogue
    failpoints,
    on_clients,
    on_edges,
    on_processes,
    on_servers,
    on_streams,
)
from tests.faults.chaos.result import Result
from tests.faults.chaos.rounds import Round
from tests.faults.chaos.scene import CATALOGUE, CHAT_PROCESSES, Fault, Scene
from tests.faults.rig.edges import Edges
from tests.faults.rig.stale_copy import StaleCopy
from tests.faults.stage import Stage

FAULTS_IN_A_ROUND = 4
ENVIRONMENT = {**UNLIMITED, "SIGN_IN_SWEEP_S": "1", "DRAIN_S": "4"}

log = logging.getLogger(__name__)


@contextmanager
def scene(folder: Path, *, seed: int) -> Iterator[Scene]:
    """Start a suite behind proxies for the block."""
    edges = Edges(folder / "edges")
    try:
        suite = RunningSuite.start(
            folder / "run",
            chat_processes=CHAT_PROCESSES,
            env={**ENVIRONMENT, **edges.environment},
            module="tests.faults.rig.suite",
        )
        copy = StaleCopy(suite, folder / "copy")
        copy.start()
        try:
            yield Scene(
                suite=suite,
                edges=edges,
                copy=copy,
                stage=cast(Stage, None),  # each round has its own
                seed=seed,
            )
        finally:
            copy.stop()
            suite.stop()
    finally:
        edges.stop()


def plan(seed: int, only: Sequence[str] = ()) -> Iterator[Sequence[Fault]]:
    """Yield the faults of round after round: all of the catalogue, shuffled, again and again.

    Args:
        seed: decides the order.
        only: of those with one of these in their name; none means all.
    """
    chosen = [
        fault for name, fault in CATALOGUE.items() if not only or any(part in name for part in only)
    ]
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    while chosen:
        faults = dice.sample(chosen, len(chosen))
        for first in range(0, len(faults), FAULTS_IN_A_ROUND):
            yield faults[first : first + FAULTS_IN_A_ROUND]


async def run(
    on: Scene,
    rounds: Iterator[Sequence[Fault]],
    *,
    go_on: Callable[[int], bool],
    results: list[Result],
) -> None:
    """Play rounds while ``go_on`` (of how many were played) says so.

    Args:
        on: where.
        rounds: the faults of each.
        go_on: is asked before each.
        results: what they showed is added to it, round by round.
    """
    began_s = time.monotonic()
    for faults in rounds:
        if not go_on(len(results)):
            break
        result, first = Result(), len(results) * FAULTS_IN_A_ROUND
        results.append(result)
        try:
            await Round(on, faults, clock_s=began_s, result=result, first=first).play()
        except Exception as error:
            log.exception("a round ended early")
            result.broken.append(f"the round ended early: {error!r}")
        log.info(
            "round %d: %d acknowledged, %d received, healed after %s s, broken: %s %s",
            len(results),
            result.acked,
            result.received,
            [round(each.heal_s or -1, 1) for each in result.happenings],
            result.broken,
            result.invalid,
        )
