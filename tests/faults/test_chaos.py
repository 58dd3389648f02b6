"""A round of the rig, with a few faults that a seed chooses; ``make chaos`` runs it for long.

``SEED=…`` chooses others.
"""

import logging

import pytest

from dev.settings import environment
from tests.faults.chaos import running
from tests.faults.chaos.result import Result
from tests.faults.chaos.scene import CATALOGUE

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SEED = int(environment().get("SEED", "1"))
ROUNDS = 2

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chaos")
    with running.scene(folder, seed=SEED) as scene:
        yield scene


@pytest.mark.promise(number=6)
async def test_the_promises_hold_whatever_breaks(scene):
    results: list[Result] = []
    await running.run(
        scene, running.plan(scene.dice), go_on=lambda played: played < ROUNDS, results=results
    )

    log.info("seed %d: %s", SEED, [one.fault for result in results for one in result.happenings])
    assert [sentence for result in results for sentence in result.broken] == []


def test_every_fault_has_a_name_of_its_own_and_is_named_as_it_is_shown():
    assert [fault.name for fault in CATALOGUE.values()] == list(CATALOGUE)
    assert len(CATALOGUE) > 50
