"""Chromium against the real suite, through its gateway."""

from pathlib import Path

import pytest

from dev.harness import RunningSuite
from tests.e2e.callers import Callers
from tests.e2e.person import Person
from tests.e2e.windows import Windows, running_chromium

WITHIN_S = 240
"""The first test also waits for the suite and for Chromium."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(WITHIN_S))


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The real suite. Tests may kill chat; they wait until it is back."""
    running = RunningSuite.start(tmp_path_factory.mktemp("suite") / "run")
    yield running
    assert running.stop() == 0, running.log


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def windows(chromium, suite, tmp_path):
    """Windows on the suite's page; a picture of each is left in the test's folder."""
    windows = Windows(chromium, suite.state.gateway_url)
    yield windows
    windows.close(pictures=tmp_path)
    assert windows.complaints == []


@pytest.fixture
def open_window(windows):
    """Open a window."""
    return windows.open


@pytest.fixture
def arrive(open_window, suite):
    """Have somebody new arrive, signed in in a window of their own."""

    def arrive(name, **options):
        person = Person(open_window(visit=False, **options), name)
        person.arrive(suite.state.gateway_url)
        return person

    return arrive


@pytest.fixture
def alice(arrive):
    """Somebody new."""
    return arrive("Alice")


@pytest.fixture
def bob(arrive):
    """Somebody else."""
    return arrive("Bob")


@pytest.fixture
def callers(suite):
    """People without a window, or beside theirs."""
    with Callers(suite.state.gateway_url) as callers:
        yield callers
