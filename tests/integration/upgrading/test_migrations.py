"""Each database migrates from empty, and from every earlier state with its data."""

import itertools
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from dev.databases import beside, make_databases
from dev.services import SERVICES, Service
from dev.settings import ROOT
from tests.integration.upgrading.migrator import migrator_of
from tests.integration.upgrading.rows import PROOFS, ROWS, names

BEFORE, AFTER = "before", "after"
STARTING_S = 60
DJANGOS = {"auth_permission", "django_content_type", "django_migrations", "django_session"}
"""Tables that Django fills by itself, or that belong to no migration of a service."""

numbers = itertools.count()
pytestmark = pytest.mark.timeout(STARTING_S)


def migrations_of(service: Service) -> list[str]:
    folder = ROOT / Path(*service.module.split(".")) / "migrations"
    return sorted(path.stem for path in folder.glob("[0-9]*.py"))


OLD_STATES = [
    pytest.param(service, name, id=f"{service.name}-{name}")
    for service in SERVICES
    for name in migrations_of(service)[:-1]
]
EACH_SERVICE = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


class Database:
    """A database of a service, in some state."""

    def __init__(self, url, migrator):
        self.url = url
        self.name = url.rsplit("/", 1)[1]
        self.service = migrator.service
        self._migrator = migrator

    def migrate(self, *target):
        """Migrate to the newest state, or to a migration of the service's app."""
        where = (self.service.name, *target) if target else ()
        self._migrator.migrate(self.name, *where)

    def copy(self):
        """Return another database with the same content."""
        name = f"copy_{next(numbers)}"
        with closing(psycopg2.connect(beside(self.url, "postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                statement = sql.SQL("create database {} template {}")
                cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(self.name)))
        return Database(beside(self.url, name), self._migrator)

    def fill(self, *, state, tag):
        """Write the rows that the code of a state writes, to every table that it has."""
        possible = migrations_of(self.service)
        possible = possible[: possible.index(state) + 1]
        with self._transaction() as cursor:
            for name in possible:
                for statement in ROWS[self.service.name].get(name, ()):
                    cursor.execute(statement, names(tag))

    def prove(self, *, tag):
        """Let the service's work be done on it."""
        with self._transaction() as cursor:
            PROOFS[self.service.name](cursor, tag)

    def query(self, statement):
        with self._transaction() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    @contextmanager
    def _transaction(self):
        with (
            closing(psycopg2.connect(self.url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def schema(self):
        """Return what every column is, by table and column."""
        found = self.query(
            "select table_name, column_name, data_type, is_nullable, column_default"
            " from information_schema.columns where table_schema = 'public'"
        )
        return {(table, column): rest for table, column, *rest in found}

    def files(self):
        """Return in which file each table is: another one after it was rewritten."""
        return dict(
            self.query(
                "select relname, relfilenode from pg_class"
                " where relkind = 'r' and relnamespace = 'public'::regnamespace"
            )
        )

    def content(self, columns):
        """Return all rows of these columns, by table."""
        tables = {table for table, _ in columns} - DJANGOS
        return {table: self._rows(table, columns) for table in tables}

    def _rows(self, table, columns):
        names = sorted(column for its, column in columns if its == table)
        listed = sql.SQL(", ").join(sql.Identifier(name) for name in names)
        statement = sql.SQL("select row({})::text from {} order by 1")
        return self.query(statement.format(listed, sql.Identifier(table)))


@pytest.fixture(scope="module")
def server_url(servers):
    """A PostgreSQL in which the role of the services may make databases."""
    return servers.database_admin_url


@pytest.fixture(scope="module")
def empty(server_url):
    """Make an empty database for a service."""
    with ExitStack() as stack:
        migrators = {
            service.name: stack.enter_context(migrator_of(service, server_url))
            for service in SERVICES
        }

        def make(service):
            name = f"empty_{next(numbers)}"
            make_databases(beside(server_url, "postgres"), [name])
            return Database(beside(server_url, name), migrators[service.name])

        yield make


@pytest.fixture(scope="module")
def states(empty):
    """Give a service's database in each of its states, with that state's rows; made once."""
    made = {}

    def of(service):
        if service.name not in made:
            made[service.name] = dict(each_state(empty(service)))
        return made[service.name]

    return of


def each_state(growing):
    for name in migrations_of(growing.service):
        growing.migrate(name)
        state = growing.copy()
        state.fill(state=name, tag=BEFORE)
        yield name, state


@pytest.mark.parametrize(("service", "state"), OLD_STATES)
def test_an_earlier_state_migrates_with_its_data_and_old_and_new_code_work(states, service, state):
    database = states(service)[state].copy()
    columns = database.schema().keys()
    files = database.files()
    before = database.content(columns)

    database.migrate()

    assert database.files().items() >= files.items(), "locked for as long as it is large"
    assert all(before.values()), "a table has no rows: see rows.py"
    assert database.content(columns) == before
    database.prove(tag=BEFORE)
    database.fill(state=state, tag=AFTER)
    database.prove(tag=AFTER)


@EACH_SERVICE
def test_the_newest_state_has_rows_in_every_table_and_comes_back_from_the_first(states, service):
    first, newest = migrations_of(service)[0], migrations_of(service)[-1]
    database = states(service)[newest].copy()
    whole = database.schema()
    kept = states(service)[first].schema().keys()
    before = database.content(kept)

    database.migrate(first)
    back = database.content(kept)
    database.migrate()

    assert all(states(service)[newest].content(whole.keys()).values()), "see rows.py"
    assert back == before
    after = database.schema()
    assert {column: after[column] for column in whole} == whole
    assert database.content(kept) == before
    database.prove(tag=BEFORE)


@EACH_SERVICE
def test_an_empty_database_becomes_what_the_steps_make(states, empty, service):
    newest = migrations_of(service)[-1]
    stepwise = states(service)[newest].schema()
    database = empty(service)

    database.migrate()
    database.fill(state=newest, tag=BEFORE)

    at_once = database.schema()
    assert {column: at_once[column] for column in stepwise} == stepwise
    database.prove(tag=BEFORE)
