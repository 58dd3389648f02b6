"""A database of our own, in which one thing after the other is not as it should be."""

import contextlib

import psycopg2
import pytest

from dev.databases import beside
from libs.common.clock import SystemClock
from libs.common.doctor.asking.postgres import ask_database
from libs.common.doctor.checks import Verdict
from tests.integration.doctor.surroundings import bad, look, the
from tests.integration.own_database import make_migrated, run

LAST = "delete from django_migrations where id = (select max(id) from django_migrations)"


@pytest.fixture
def url(servers):
    return make_migrated("receipts", servers.database_admin_url)


async def examine(url, *, service=None):
    return await look({"DATABASE_URL": url}, service=service)


async def test_one_as_it_should_be_is_fine_and_its_service_is_known(url):
    found = await look({"RECEIPTS_DATABASE_URL": url})

    assert bad(found, "database", "settings") == set()
    assert the(found, "database").about == "receipts"


async def test_a_migration_that_is_missing_is_named_with_the_cure(url):
    run(url, LAST)

    found = await look({"RECEIPTS_DATABASE_URL": url})

    assert bad(found, "database") == {"database.migrations"}
    finding = the(found, "database.migrations")
    assert finding.verdict is Verdict.WRONG
    assert "migrations are missing" in finding.seen
    assert "python -m services.receipts migrate" in finding.do


async def test_commits_that_do_not_wait_are_named(url):
    name = url.rpartition("/")[2]
    run(url, f"alter database {name} set synchronous_commit = off")

    found = await examine(url)

    assert bad(found, "database.durability") == {"database.durability"}
    assert "synchronous_commit" in the(found, "database.durability").seen


async def test_settings_that_stop_the_service_are_named(url):
    found = await examine(url, service="receipts")

    named = {each.seen.partition(":")[0] for each in found if each.check.name == "settings"}
    assert {"REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS"} <= named


async def test_a_transaction_that_is_open_is_measured(url):
    with contextlib.closing(psycopg2.connect(url)) as forgetful:
        forgetful.cursor().execute("select pg_sleep(0.3)")

        facts = await ask_database("receipts", url, clock=SystemClock())

    assert facts.oldest_transaction_s >= 0.3


async def test_a_database_that_is_not_there_is_told_as_that(servers):
    url = beside(servers.database_admin_url, "nothing_of_chat")

    found = await look({"CHAT_DATABASE_URL": url})

    assert the(found, "database").seen == "There is no such database."
    assert the(found, "database.migrations").do == "Mend the database first."


async def test_a_wrong_password_is_told_as_that(servers):
    url = servers.database_admin_url
    password = url.split(":")[2].partition("@")[0]

    found = await examine(url.replace(password, "another"))

    assert the(found, "database").verdict is Verdict.WRONG
    assert "password" in the(found, "database").seen
