"""Every mutant can be made, and names faults that there are. Whether it is noticed: make mutants."""

import pytest

from dev.settings import ROOT
from tests.faults.chaos import running  # noqa: F401 - fills the catalogue
from tests.faults.chaos.scene import CATALOGUE
from tests.faults.mutants.catalogue import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_made(mutant):
    for path, old, new in mutant.edits:
        assert (ROOT / path).read_text().count(old) == 1
        assert old != new
    assert set(mutant.faults) <= CATALOGUE.keys()
    assert all((ROOT / test).exists() for test in mutant.tests)
    assert bool(mutant.faults) != bool(mutant.tests)
