"""The real suite for those properties that are about it, and one event loop for all examples."""

import asyncio

import pytest

from tests.integration.chat.world import running_world

WITHIN_S = 240


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A suite with two processes of chat. Shared: make your own people and rooms."""
    with running_world(tmp_path_factory.mktemp("properties") / "run") as world:
        yield world


@pytest.fixture(scope="module")
def loop():
    """Runs coroutines in one event loop, in which sockets stay open from example to example."""
    with asyncio.Runner() as runner:
        yield runner


def pytest_collection_modifyitems(items):
    # Hundreds of examples, and the first one also waits for the suite to start.
    for item in items:
        if "world" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WITHIN_S))
