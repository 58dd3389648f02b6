"""A real suite of its own for each module of tests that break it."""

import pytest

from dev.harness import RunningSuite

FAULT_S = 180


@pytest.fixture(scope="module")
def faulty_suite(tmp_path_factory):
    """A suite with two processes of chat that a test may kill, hang and wipe.

    Whoever stops or pauses something lets it go on before the test ends.
    """
    running = RunningSuite.start(tmp_path_factory.mktemp("faulty") / "run", chat_processes=2)
    yield running
    assert running.stop() == 0, running.log


def pytest_collection_modifyitems(items):
    # Starting takes a while, and so does what is waited for after a fault.
    for item in items:
        if "faulty_suite" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.faults)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(FAULT_S))
