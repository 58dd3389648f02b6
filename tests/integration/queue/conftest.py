"""PostgreSQL without the services, for the parts of queue that need no suite."""

import pytest
from django.db import connections

from libs.common.database import DatabaseThreads
from tests.integration.own_database import connected_orm, make_migrated
from tests.integration.queue.house import House

PATIENCE_S = 60.0
"""A busy machine fails no test."""


@pytest.fixture(scope="session")
def database_url(servers):
    """Queue's tables in a database of their own."""
    return make_migrated("queue", servers.database_admin_url)


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
