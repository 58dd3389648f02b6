"""A suite with two processes of chat for all tests of the road of a message."""

import pytest
from django.db import connections
from django.db.utils import ConnectionHandler

from libs.common.database import django_database
from tests.integration.chat.world import running_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing. Shared: make your own people and rooms, and leave the schema as it was."""
    with running_world(tmp_path_factory.mktemp("chat") / "run") as world:
        yield world


@pytest.fixture
def orm(world, django_db_blocker):
    """Let selectors and actions of this process work on the world's database."""
    settings = {"default": dict(django_database(world.database_url, name="test"))}
    unused = connections["default"]
    with django_db_blocker.unblock():
        connections["default"] = ConnectionHandler(settings)["default"]
        yield
        connections["default"].close()
    connections["default"] = unused
