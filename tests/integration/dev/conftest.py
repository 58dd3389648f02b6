"""Suites with a stand-in service: real PostgreSQL, Valkey and Caddy, nothing to wait for."""

import pytest

from dev.harness import RunningSuite

STAND_IN = "tests.integration.dev.stand_in_suite"


@pytest.fixture
def start_suite(tmp_path):
    """Start a suite in a folder below the test's own; it is ended and forgotten afterwards."""
    started = []

    def start(name="run", **options):
        running = RunningSuite.start(tmp_path / name, module=STAND_IN, **options)
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
