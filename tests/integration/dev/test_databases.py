"""Whose the databases of the embedded server are."""

from contextlib import closing

import psycopg2
import pytest

from dev import databases, postgres
from dev.keys import load_secrets

PASSWORD = "of-somebody-else"


@pytest.fixture
def superuser_url(stand_in_suite):
    password = load_secrets(stand_in_suite.run_dir).postgres_password
    port = stand_in_suite.process("postgres").port
    return postgres.url(postgres.SUPERUSER, password, port, "postgres")


@pytest.fixture
def other(stand_in_suite, superuser_url):
    """A database of an older run folder, and the URL of the role whose it becomes."""
    admin_url = stand_in_suite.state.database_admin_url
    databases.make_databases(admin_url, ["parley_other"])
    execute(databases.beside(admin_url, "parley_other"), "CREATE TABLE IF NOT EXISTS old (n int)")
    databases.make_owner(superuser_url, "parley_other", PASSWORD)
    databases.give(superuser_url, "parley_other", role="parley_other")
    port = stand_in_suite.process("postgres").port
    return postgres.url("parley_other", PASSWORD, port, "parley_other")


def execute(url, statement):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_service_is_a_role_of_its_own_that_owns_its_database(stand_in_suite):
    url = stand_in_suite.state.database_urls["chat"]

    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    powers = (
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    assert execute(url, "SELECT current_user") == execute(url, owner) == [("parley_chat",)]
    assert execute(url, powers) == [(False, False, False)]


def test_it_may_connect_to_no_database_of_another(stand_in_suite, other):
    foreign = databases.beside(stand_in_suite.state.database_urls["chat"], "parley_other")

    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(foreign)
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(databases.beside(other, "parley_chat"))


def test_what_an_older_run_folder_holds_becomes_the_services(other):
    execute(other, "ALTER TABLE old ADD COLUMN IF NOT EXISTS added int")

    assert execute(other, "SELECT tableowner FROM pg_tables WHERE tablename = 'old'") == [
        ("parley_other",)
    ]


def test_whoever_looks_after_the_server_may_still_look_into_each(stand_in_suite, other):
    admin_url = databases.beside(stand_in_suite.state.database_admin_url, "parley_other")

    assert execute(admin_url, "SELECT count(*) FROM old") == [(0,)]


def test_no_role_has_the_password_of_another(stand_in_suite):
    secret = load_secrets(stand_in_suite.run_dir).postgres_password

    chat, queue = (databases.password_of(role, secret=secret) for role in ("chat", "queue"))

    assert len({chat, queue, secret}) == 3


def test_a_url_says_which_role_and_database_to_make(stand_in_suite, superuser_url):
    port = stand_in_suite.process("postgres").port
    first, second = (
        postgres.url("parley_own", password, port, "parley_own") for password in ("old", "new")
    )

    databases.make_own(superuser_url, first)
    databases.make_own(superuser_url, second)

    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    assert execute(second, owner) == [("parley_own",)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(first)
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(databases.beside(second, "parley_chat"))
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(databases.beside(stand_in_suite.state.database_urls["chat"], "parley_own"))
