"""What a fuzzer found worth keeping is handled as it should be, and so is what was written by hand."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

KEPT = Path(__file__).parent / "kept"


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_input_passes_its_target(name):
    kept = sorted((KEPT / name).iterdir())
    assert kept

    for path in kept:
        try:
            TARGETS[name](path.read_bytes())
        except Exception as failure:
            failure.add_note(f"of {path}")
            raise


def test_whatever_is_kept_has_a_target():
    assert {folder.name for folder in KEPT.iterdir()} == TARGETS.keys()
