"""The databases of the services: made where they are missing, never changed otherwise.

On the embedded server each belongs to a role of its service, and nobody else's may connect to it.
"""

import hmac
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from dev.errors import CannotStart

ROLE = "parley"
"""Looks after the embedded server: may create databases and what each service may, is no superuser."""


def make_admin(superuser_url: str, password: str) -> None:
    """Make the role ``parley`` if it is missing, with this password."""
    with _transaction(superuser_url) as cursor:
        _make_role(cursor, ROLE, password, options="LOGIN CREATEDB")


def make_owner(superuser_url: str, role: str, password: str) -> None:
    """Make the role of one service if it is missing, with this password."""
    with _transaction(superuser_url) as cursor:
        _make_role(cursor, role, password, options="LOGIN")
        cursor.execute(_named("GRANT {} TO {}", role, ROLE))


def give(superuser_url: str, database: str, *, role: str) -> None:
    """Make a database and all that ``parley`` owns in it a role's, and let nobody else connect.

    An older run folder has everything in the hands of ``parley``. Nothing is done twice.
    """
    with _transaction(beside(superuser_url, database)) as cursor:
        cursor.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = %s", [database]
        )
        if cursor.fetchone() == (role,):
            return
        cursor.execute(_named("REASSIGN OWNED BY {} TO {}", ROLE, role))
        cursor.execute(_named("ALTER DATABASE {} OWNER TO {}", database, role))
        cursor.execute(_named("REVOKE ALL ON DATABASE {} FROM PUBLIC", database))


def make_own(superuser_url: str, url: str) -> None:
    """Make the role and the database that a URL names, where they are missing.

    The role owns the database, nobody else may connect, and its password is the URL's from now on.
    """
    parts = urlsplit(url)
    role, password = unquote(parts.username or ""), unquote(parts.password or "")
    name = unquote(parts.path.lstrip("/"))
    with _transaction(superuser_url) as cursor:
        _make_role(cursor, role, password, options="LOGIN")
    make_databases(superuser_url, [name])
    with _transaction(superuser_url) as cursor:
        cursor.execute(_named("ALTER DATABASE {} OWNER TO {}", name, role))
        cursor.execute(_named("REVOKE ALL ON DATABASE {} FROM PUBLIC", name))


def password_of(role: str, *, secret: str) -> str:
    """Return the password of a service's role: made from a secret that no service gets to know."""
    return hmac.digest(secret.encode(), role.encode(), "sha256").hex()


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


def _make_role(
    cursor: "psycopg2.extensions.cursor", role: str, password: str, *, options: str
) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
    statement = sql.SQL("{} ROLE {} {} PASSWORD {}")
    cursor.execute(
        statement.format(verb, sql.Identifier(role), sql.SQL(options), sql.Literal(password))
    )


def _named(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(name) for name in names))


@contextmanager
def _transaction(url: str) -> Iterator["psycopg2.extensions.cursor"]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        yield cursor


def beside(admin_url: str, database: str) -> str:
    """Return the URL of another database of the same server and role."""
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{database}"))
