"""Making `.venv`: when one that is there will do."""

import venv

import pytest

from dev import bootstrap


@pytest.fixture
def empty(tmp_path):
    """Return the Python of an environment without pip."""
    venv.create(tmp_path / "empty", with_pip=False, symlinks=True)
    return tmp_path / "empty" / "bin" / "python"


def packages_of(python):
    (found,) = python.parent.parent.glob("lib/python*/site-packages")
    return found


def test_an_environment_whose_pip_was_half_copied_is_made_anew(empty):
    pip = packages_of(empty) / "pip"
    pip.mkdir()
    (pip / "__init__.py").touch()
    half = bootstrap.works(empty)

    about = packages_of(empty) / "pip-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: pip\nVersion: 1\n")
    without_its_list = bootstrap.works(empty)
    (about / "RECORD").write_text("pip/__init__.py,,\n")

    assert (half, without_its_list, bootstrap.works(empty)) == (False, False, True)
