"""Suites with a stand-in service: real PostgreSQL, Valkey and Caddy, nothing to wait for."""

import pytest

from dev.harness import RunningSuite
from dev.settings import Settings
from dev.up import reset

STAND_IN = "tests.integration.dev.stand_in_suite"


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory):
    """A run folder in which others ran before and after: a start that makes no cluster is quick."""
    run_dir = tmp_path_factory.mktemp("used") / "run"
    yield run_dir
    reset(Settings(run_dir=run_dir))


@pytest.fixture
def start_again(used_folder):
    """Start a suite in that folder; it is ended afterwards."""
    started = []

    def start(**options):
        running = RunningSuite.start(used_folder, module=STAND_IN, **options)
        started.append(running)
        return running

    yield start
    for running in reversed(started):
        running.stop(forget=False)


@pytest.fixture
def start_suite(tmp_path):
    """Start a suite in an empty folder, the same one in each test; it is forgotten afterwards."""
    started = []

    def start(**options):
        running = RunningSuite.start(tmp_path / "run", module=STAND_IN, **options)
        started.append(running)
        return running

    yield start
    for running in reversed(started):
        running.stop()


@pytest.fixture(scope="module")
def stand_in_suite(tmp_path_factory):
    """One suite for the tests that leave it whole."""
    run_dir = tmp_path_factory.mktemp("stand-in") / "run"
    running = RunningSuite.start(run_dir, module=STAND_IN, chat_processes=2)
    yield running
    running.stop()
