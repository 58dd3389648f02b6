"""What tests ask of PostgreSQL, and do to it, as its client."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from dev.databases import beside
from tests.faults.judging.history import StoredMessage

TAKE_OVER_WITHIN_S = 60.0
PLACES = """
    select sum(setting::int * case name when 'max_connections' then 1 else -1 end)
      from pg_settings
     where name in
           ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""
"""How many connections roles without privileges can have."""
TERMINATE_OTHERS = """
    select pg_terminate_backend(pid) from pg_stat_activity
     where backend_type = 'client backend' and pid <> all(%s)
"""


def query(url: str, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask once."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def messages_of(url: str, rooms: Sequence[str]) -> list[StoredMessage]:
    """Read all messages of these rooms."""
    rows = query(
        url,
        "select room_id::text, seq, sender_id::text, client_id::text, content, created_at"
        " from message where room_id = any(%s::uuid[]) order by room_id, seq",
        rooms,
    )
    return [StoredMessage(*row) for row in rows]


def heads_of(url: str, rooms: Sequence[str]) -> dict[str, int]:
    """Read ``last_seq`` of these rooms."""
    sql = "select id::text, last_seq from room where id = any(%s::uuid[])"
    return dict(query(url, sql, rooms))


TABLES = {"chat": "member", "receipts": "watermark"}
"""Where each service keeps how far members are."""


def marks_in(url: str, table: str, rooms: Sequence[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Read (delivered, read) of every member of these rooms, by room and user."""
    sql = (
        f"select room_id::text, user_id::text, delivered_seq, read_seq from {table}"  # noqa: S608 - a name of ours
        " where room_id = any(%s::uuid[])"
    )
    rows = query(url, sql, list(rooms))
    return {(room, user): (delivered, read) for room, user, delivered, read in rows}


def outbox_rows(url: str) -> int:
    """Count what is not published, or not known to be."""
    return int(query(url, "select count(*) from outbox")[0][0])


def execute(url: str, sql: str, *parameters: object) -> None:
    """Change something, in a transaction of its own."""
    with transaction(url) as cursor:
        cursor.execute(sql, parameters or None)


@contextmanager
def transaction(url: str) -> Iterator[psycopg2.extensions.cursor]:
    """Give a cursor in a transaction that holds its locks until the end of the block."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def locked(url: str, *tables: str) -> Iterator[None]:
    """Let nobody write to some tables inside the block."""
    with transaction(url) as cursor:
        cursor.execute(f"lock table {', '.join(tables)} in exclusive mode")
        yield


@contextmanager
def no_connections(url: str) -> Iterator[None]:
    """Let PostgreSQL refuse a database to everybody inside the block; others are as before."""
    elsewhere, name = beside(url, "postgres"), urlsplit(url).path.lstrip("/")
    execute_alone(elsewhere, f'alter database "{name}" allow_connections false')
    sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s"
    query(elsewhere, sql, name)
    try:
        yield
    finally:
        execute_alone(elsewhere, f'alter database "{name}" allow_connections true')


def execute_alone(url: str, sql: str) -> None:
    """Do what PostgreSQL does in no transaction."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)


def terminate_backends(url: str) -> int:
    """End all other connections of this database; return how many there were."""
    sql = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    return int(query(url, sql)[0][0])


class Hog:
    """Holds every connection that PostgreSQL has left to give."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connections: list[psycopg2.extensions.connection] = []

    def __len__(self) -> int:
        return len(self._connections)

    def fill(self) -> None:
        """Take what is free."""
        while True:
            try:
                self._connections.append(psycopg2.connect(self._url))
            except psycopg2.OperationalError:
                return

    def oust(self) -> None:
        """Take the places of all other clients, until there is none left for them.

        Raises:
            TimeoutError: they keep getting connections.
        """
        first = self._connections[0]
        first.autocommit = True  # within a transaction, activity would be told as it was at first
        deadline_s = time.monotonic() + TAKE_OVER_WITHIN_S
        with first.cursor() as cursor:
            cursor.execute(PLACES)
            ((places,),) = cursor.fetchall()
            while len(self._connections) < places:
                if time.monotonic() > deadline_s:
                    raise TimeoutError("the others keep getting connections")
                mine = [connection.info.backend_pid for connection in self._connections]
                cursor.execute(TERMINATE_OTHERS, [mine])
                self.fill()

    def let_go(self) -> None:
        """Give all back; does nothing the second time."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
