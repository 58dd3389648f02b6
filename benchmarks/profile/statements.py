"""What PostgreSQL spent its time on: pg_stat_statements, before and after.

The embedded server is made to count, which takes a restart. What a function runs inside counts as
the call of the function.
"""

import signal
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg2

from benchmarks.report import titled
from dev import postgres
from dev.harness import RunningSuite
from dev.keys import load_secrets
from dev.services import SERVICES

TOP = 10
QUERY_CHARS = 100
MODULE = "pg_stat_statements"
COUNTED = """
select datname, regexp_replace(query, '[[:space:]]+', ' ', 'g'), sum(calls), sum(total_exec_time)
  from pg_stat_statements s join pg_database on oid = dbid
 where datname like 'parley\\_%' group by 1, 2
"""
US_PER_MS = 1000


@dataclass(frozen=True, kw_only=True)
class Spent:
    """How often a statement ran, and how long that took in all."""

    calls: int
    ms: float


Statements = Mapping[tuple[str, str], Spent]
"""By database, the services' own ones, and text."""


def count_statements(suite: RunningSuite) -> str:
    """Let the suite's PostgreSQL count; return the URL under which it tells."""
    (server,) = suite.state.of(postgres.NAME)
    password = load_secrets(suite.run_dir).postgres_password
    url = postgres.url(postgres.SUPERUSER, password, server.port, "postgres")
    _do(url, f"alter system set shared_preload_libraries = '{MODULE}'")
    suite.stop_service(postgres.NAME, with_signal=signal.SIGINT)
    suite.start_service(postgres.NAME)
    for service in SERVICES:
        suite.wait_until_ready(service.name)
    _do(url, f"create extension {MODULE}")
    return url


def counted(url: str) -> Statements:
    """Return what has been counted so far."""
    with closing(psycopg2.connect(url)) as connected, connected.cursor() as cursor:
        cursor.execute(COUNTED)
        return {
            (database, query): Spent(calls=int(calls), ms=float(ms))
            for database, query, calls, ms in cursor
        }


def between(before: Statements, after: Statements) -> dict[str, list[tuple[str, Spent]]]:
    """Return by database what ran in between, what took longest first."""
    found: dict[str, list[tuple[str, Spent]]] = {}
    for (database, query), now in after.items():
        then = before.get((database, query), Spent(calls=0, ms=0.0))
        if now.calls > then.calls:
            spent = Spent(calls=now.calls - then.calls, ms=now.ms - then.ms)
            found.setdefault(database, []).append((query, spent))
    for statements in found.values():
        statements.sort(key=lambda each: each[1].ms, reverse=True)
    return found


def table(database: str, statements: Sequence[tuple[str, Spent]], *, top: int = TOP) -> str:
    """Return the heaviest statements of a database, and their share of its time."""
    whole_ms = sum(spent.ms for _, spent in statements)
    rows = [
        [
            query[:QUERY_CHARS],
            f"{spent.ms:.0f}",
            str(spent.calls),
            f"{US_PER_MS * spent.ms / spent.calls:.0f}",
            f"{100 * spent.ms / whole_ms:.0f} %" if whole_ms else "-",
        ]
        for query, spent in statements[:top]
    ]
    head = ["", "ms", "calls", "µs a call", "share"]
    return titled(f"{database}: {whole_ms:.0f} ms", [head, *rows])


def _do(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connected:
        connected.autocommit = True
        with connected.cursor() as cursor:
            cursor.execute(statement)
