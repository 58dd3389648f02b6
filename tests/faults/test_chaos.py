"""A round of the rig, with faults that a seed chooses; ``make chaos`` runs it for long.

``SEED=…`` chooses others than those of the day, and ``CI_FULL=1`` all.
"""

import logging
import math

import pytest

from dev.settings import environment
from tests.faults.chaos import running
from tests.faults.chaos.result import Result
from tests.faults.chaos.scene import CATALOGUE
from tests.faults.seeds import seed_of_the_day

pytestmark = pytest.mark.faults

SEED = seed_of_the_day()
ROUNDS = math.ceil(len(CATALOGUE) / running.FAULTS_IN_A_ROUND) if "CI_FULL" in environment() else 1

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chaos")
    with running.scene(folder, seed=SEED) as scene:
        yield scene


@pytest.mark.timeout(600 * ROUNDS)
@pytest.mark.promise(number=1)
@pytest.mark.promise(number=2)
@pytest.mark.promise(number=3)
@pytest.mark.promise(number=4)
@pytest.mark.promise(number=5)
@pytest.mark.promise(number=6)
async def test_the_promises_hold_whatever_breaks(scene):
    results: list[Result] = []
    await running.run(
        scene, running.plan(SEED), go_on=lambda played: played < ROUNDS, results=results
    )

    log.info("seed %d: %s", SEED, [one.fault for result in results for one in result.happenings])
    assert [sentence for result in results for sentence in result.broken] == []
    assert [result.invalid for result in results if result.invalid] == []


def test_every_fault_has_a_name_of_its_own_and_is_named_as_it_is_shown():
    assert [fault.name for fault in CATALOGUE.values()] == list(CATALOGUE)
    assert len(CATALOGUE) > 50
