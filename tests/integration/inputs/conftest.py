"""People and rooms for bad inputs."""

import asyncio

import pytest

from tests.integration.inputs import stage as stages
from tests.integration.inputs.log_reader import LogReader


@pytest.fixture(scope="module")
def log_reader(world):
    """Fail where something looks like a bug that was logged when the last test was over."""
    reader = LogReader(world.suite)
    yield reader
    assert reader.bugs() == []


@pytest.fixture(scope="module")
def stage(world, log_reader):
    """Four people, and rooms of theirs that every service knows."""
    stage = asyncio.run(stages.set_up(world))
    yield stage
    asyncio.run(stages.check_marks(stage))


@pytest.fixture(autouse=True)
def quiet_log(log_reader):
    """Fail where something was logged that looks like a bug, during a test or since the last one."""
    yield
    assert log_reader.bugs() == []
