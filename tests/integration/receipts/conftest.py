"""PostgreSQL and Valkey without the services, for the parts of receipts that need no suite."""

import pytest
from django.db import connections

from libs.common.database import DatabaseThreads
from tests.integration.own_database import connected_orm
from tests.integration.receipts.database import migrated


@pytest.fixture(scope="session")
def migrated_database(servers):
    with migrated(servers.database_admin_url) as database:
        yield database


@pytest.fixture
def database(migrated_database):
    """Receipts' database, empty."""
    migrated_database.forget_all()
    yield migrated_database
    migrated_database.folder.close()  # its connection belongs to the test's event loop


@pytest.fixture
async def threads(database, django_db_blocker):
    """Where selectors and actions work on that database."""
    with django_db_blocker.unblock(), connected_orm(database.url):
        threads = DatabaseThreads(1)
        yield threads
        await threads.run(connections.close_all)
        assert await threads.close(1.0)
