"""PostgreSQL without the services, for the parts of queue that need no suite."""

import pytest
from django.db import connections

from dev.harness import RunningSuite
from libs.common.database import DatabaseThreads
from tests.integration.own_database import connected_orm, make_migrated
from tests.integration.queue.house import House

PATIENCE_S = 60.0
"""A busy machine fails no test."""
STAND_IN = "tests.integration.dev.stand_in_suite"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory):
    """Queue's tables on a server of their own."""
    running = RunningSuite.start(tmp_path_factory.mktemp("queue") / "run", module=STAND_IN)
    yield make_migrated("queue", running.state.database_admin_url)
    running.stop()


@pytest.fixture
async def house(database_url, django_db_blocker):
    """Queue's own actions on its own tables, which are empty, by a clock of the test."""
    with django_db_blocker.unblock(), connected_orm(database_url):
        threads = DatabaseThreads(4, deadline_s=PATIENCE_S)
        house = House(database_url, threads)
        house.forget_all()
        yield house
        house.close()
        await threads.run(connections.close_all)
        await threads.close(1.0)
