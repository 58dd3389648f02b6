"""People and rooms for bad inputs."""

import asyncio

import pytest

from tests.integration.inputs import stage as stages

SIGNS_OF_BUGS = ("Traceback", "unhandled error", "frame_bug", "Fatal error", "drain_bug")
"""What stands in a log beside whatever nobody has thought of."""


@pytest.fixture(scope="module")
def stage(world):
    """Four people, and rooms of theirs that every service knows."""
    return asyncio.run(stages.set_up(world))


@pytest.fixture(autouse=True)
def quiet_log(world):
    """Fail where something is logged during a test that looks like a bug."""
    before = len(world.suite.log)
    yield
    written = world.suite.log[before:].splitlines()
    assert [line for line in written if any(sign in line for sign in SIGNS_OF_BUGS)] == []
