"""A suite of its own for the clients: they look at what happens when it breaks."""

import pytest

from tests.integration.chat.world import running_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing, with two processes of chat. Make your own people and rooms."""
    with running_world(tmp_path_factory.mktemp("clients") / "run") as world:
        yield world
