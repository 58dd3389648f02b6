"""A suite of its own for the clients: they look at what happens when it breaks."""

import pytest

from tests.integration.chat.world import running_world

WAITING_S = 90


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing, with two processes of chat. Make your own people and rooms."""
    with running_world(tmp_path_factory.mktemp("clients") / "run") as world:
        yield world


def pytest_collection_modifyitems(items):
    # The first of them also waits for the suite to start.
    for item in items:
        if "world" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WAITING_S))
