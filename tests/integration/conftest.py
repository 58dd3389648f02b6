"""One real suite for all integration tests: PostgreSQL, Valkey, the services, the gateway."""

import pytest

from dev.harness import RunningSuite

STARTING_S = 120
SUITES = {"suite", "world"}
"""Fixtures that start one."""


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The real suite. Shared: make your own users and rooms, and break nothing."""
    running = RunningSuite.start(tmp_path_factory.mktemp("suite") / "run")
    yield running
    assert running.stop() == 0, running.log


def pytest_collection_modifyitems(items):
    # The first test that asks for a suite also waits for its start.
    for item in items:
        starts = SUITES.intersection(getattr(item, "fixturenames", ()))
        if starts and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(STARTING_S))
