"""A suite with two processes of chat for all tests of the road of a message."""

import pytest

from tests.integration.chat.world import running_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing. Shared: make your own people and rooms, and leave the schema as it was."""
    with running_world(tmp_path_factory.mktemp("chat") / "run") as world:
        yield world
