"""Real suites for all integration tests: PostgreSQL, Valkey, the services, the gateway."""

import pytest

from dev.harness import RunningSuite
from tests.integration import side_by_side
from tests.integration.admin_visit import Visit, visiting
from tests.integration.chat.world import running_world
from tests.integration.own_database import orm_on

STAND_IN = "tests.integration.dev.stand_in_suite"
STARTING_S = 240
SUITES = {"world", "servers"}
"""Fixtures that start one."""


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The real thing, with two processes of chat.

    Shared: make your own people and rooms, leave the schema as it was, and start again what you stop.
    """
    with running_world(tmp_path_factory.mktemp("chat") / "run") as world:
        yield world


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """PostgreSQL and Valkey without the services. Shared: make your own databases."""
    running = RunningSuite.start(tmp_path_factory.mktemp("servers") / "run", module=STAND_IN)
    yield running.state
    running.stop()


@pytest.fixture
def chief(world):
    """Somebody of the staff."""
    return world.staff()


@pytest.fixture
async def staff(request, world, chief):
    """Their browser, at the admin of the service that the folder of the test is about."""
    async with visiting(world, request.path.parent.name, chief) as http:
        yield Visit(http)


@pytest.fixture
def orm(world, django_db_blocker):
    """Let selectors and actions of this process work on the world's database of chat."""
    with django_db_blocker.unblock(), orm_on(world.database_url):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Let tests that are marked so run at the same time."""
    if pyfuncitem.get_closest_marker(side_by_side.MARKER) is None:
        return None
    side_by_side.end_as_it_did(pyfuncitem)
    return True


def pytest_collection_modifyitems(items):
    # The first test that asks for a suite also waits for its start.
    for item in items:
        starts = SUITES.intersection(getattr(item, "fixturenames", ()))
        if starts and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(STARTING_S))
