"""A suite with two processes of chat for all tests of the road of a message."""

import pytest

from tests.integration.chat.world import running_world

WAITING_S = 60


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing. Shared: make your own people and rooms, and leave the schema as it was."""
    with running_world(tmp_path_factory.mktemp("chat") / "run") as world:
        yield world


def pytest_collection_modifyitems(items):
    # The first of them also waits for the suite to start.
    for item in items:
        if "world" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WAITING_S))
