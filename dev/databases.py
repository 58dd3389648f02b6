"""The databases of the services: made where they are missing, never changed otherwise."""

from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from dev.errors import CannotStart

ROLE = "parley"
"""Owns the services' databases on the embedded server; may create databases, is no superuser."""


def make_role(superuser_url: str, password: str) -> None:
    """Make the role ``parley`` if it is missing, with this password."""
    with (
        closing(psycopg2.connect(superuser_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        statement = sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}")
        cursor.execute(statement.format(verb, sql.Identifier(ROLE), sql.Literal(password)))


def make_databases(admin_url: str, names: Sequence[str]) -> None:
    """Make the databases that are missing.

    Raises:
        CannotStart: the server cannot be reached, or the role may not create databases.
    """
    try:
        with closing(psycopg2.connect(admin_url, connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for name in names:
                    _make_database(cursor, name)
    except (psycopg2.OperationalError, psycopg2.errors.InsufficientPrivilege) as error:
        raise CannotStart(f"The services' databases cannot be made: {error}") from error


def _make_database(cursor: "psycopg2.extensions.cursor", name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def beside(admin_url: str, database: str) -> str:
    """Return the URL of another database of the same server and role."""
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{database}"))
