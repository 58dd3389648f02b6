"""What statements read, as PostgreSQL tells it: their plans, and the rows and pages they looked at.

The statements are those that the product itself runs, caught on their way; each is explained before
it runs, and what it changes is undone. A plan on an empty table is not the plan on a full one: see
``full_tables``.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from django.db import connection, transaction
from psycopg2 import extensions

from libs.common.postgres import Connection
from tests.integration.waiting import until

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
EXPLAINED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
SETTINGS = re.compile(r"\s*SET LOCAL [^;]*;", re.IGNORECASE)
"""What a statement may begin with, and cannot be explained."""
PAGES_A_ROW = 6
"""Pages read to find a row by index: down a tree of up to four, its page, one to spare."""
PAGES_ANYWAY = 150
"""Pages that any statement may read besides: of indexes in which nothing is found."""

COUNTS = "select relname, seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0), n_tup_ins from pg_stat_user_tables"

BEFORE_AND_AFTER = {
    extensions.TRANSACTION_STATUS_IDLE: ("begin", "rollback"),
    extensions.TRANSACTION_STATUS_INTRANS: ("savepoint explained", "rollback to explained"),
}
"""What makes a statement that is explained leave nothing behind, by where it stands."""

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """What one statement read."""

    sql: str
    plan: Node

    @property
    def whole_tables(self) -> set[str]:
        """Tables that were read from end to end."""
        return {
            node["Relation Name"]
            for node in self.nodes()
            if node["Node Type"] == "Seq Scan" and node["Actual Loops"]
        }

    @property
    def tables(self) -> set[str]:
        """Tables of which something was read."""
        return {node["Relation Name"] for node in self.nodes() if "Relation Name" in node}

    @property
    def rows(self) -> int:
        """Rows of tables that were looked at, whether they were wanted or not."""
        return round(sum(map(_looked_at, self.nodes())))

    @property
    def pages(self) -> int:
        """Pages of tables and indexes that were looked at."""
        return int(self.plan["Shared Hit Blocks"] + self.plan["Shared Read Blocks"])

    @property
    def most_sorted(self) -> int:
        """Rows that went into the largest sort."""
        sorts = [node["Plans"][0] for node in self.nodes() if node["Node Type"] == "Sort"]
        return round(max((_rows(node) * node["Actual Loops"] for node in sorts), default=0))

    def nodes(self) -> Iterator[Node]:
        """Yield the plan's nodes."""
        waiting = [self.plan]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", ())

    def __str__(self) -> str:
        scans = [
            f"  {node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}"
            f" {_looked_at(node):.0f} rows, {node['Actual Loops']} times"
            for node in self.nodes()
            if "Relation Name" in node
        ]
        told = f"{self.rows} rows, {self.pages} pages, sorted {self.most_sorted}"
        return "\n".join([" ".join(self.sql.split()), told, *scans])


@dataclass
class Readings:
    """What some statements read, in their order."""

    all: list[Reading] = field(default_factory=list)

    def check(self, *, rows: int, pages: int | None = None) -> None:
        """Assert that nothing was read whole, and nothing sorted or looked at beyond ``rows``.

        Args:
            rows: that one statement may look at.
            pages: likewise; what it takes to find these rows by index, if not given.
        """
        assert self.all, "no statement was seen"
        limit = rows * PAGES_A_ROW + PAGES_ANYWAY if pages is None else pages
        for reading in self.all:
            assert reading.whole_tables == set(), f"{reading}"
            assert reading.rows <= rows, f"{reading}"
            assert reading.most_sorted <= rows, f"{reading}"
            assert reading.pages <= limit, f"{reading}"


@contextlib.contextmanager
def readings() -> Iterator[Readings]:
    """Explain what Django's connection of this thread is asked in the block, and then undo it."""
    found = Readings()

    def explain_first(
        execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any
    ) -> Any:
        plain = SETTINGS.sub("", context["cursor"].mogrify(sql, params).decode())
        if EXPLAINED.match(plain):
            with transaction.atomic():
                execute(EXPLAIN + plain, None, False, context)
                found.all.append(Reading(plain, context["cursor"].fetchone()[0][0]["Plan"]))
                transaction.set_rollback(True)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(explain_first):
        yield found
        transaction.set_rollback(True)


def of(reads: Callable[[], object]) -> Readings:
    """Return what Django's connection is asked by a function."""
    with readings() as found:
        reads()
    return found


class Explaining(Connection):
    """A connection of the hot path that explains what it runs, before it does."""

    def __init__(self, raw: extensions.connection) -> None:
        super().__init__(raw)
        self.found = Readings()

    async def run(
        self, sql: str, parameters: Sequence[Any], *, timeout_s: float
    ) -> list[tuple[Any, ...]]:
        """Run a statement as it would be run, and undo what explaining it did."""
        if EXPLAINED.match(sql):
            begin, end = BEFORE_AND_AFTER[self._raw.info.transaction_status]
            await super().run(begin, (), timeout_s=timeout_s)
            ((told,),) = await super().run(EXPLAIN + sql, parameters, timeout_s=timeout_s)
            await super().run(end, (), timeout_s=timeout_s)
            self.found.all.append(Reading(sql, told[0]["Plan"]))
        return await super().run(sql, parameters, timeout_s=timeout_s)


def _rows(node: Node) -> float:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return float(node["Actual Rows"] + sum(node.get(each, 0) for each in removed))


def _looked_at(node: Node) -> float:
    return _rows(node) * node["Actual Loops"] if "Relation Name" in node and _scans(node) else 0.0


def _scans(node: Node) -> bool:
    return str(node["Node Type"]).endswith("Scan")


@dataclass(frozen=True)
class Counts:
    """What was read of all tables of a database until now, by whomever."""

    seq_scans: Mapping[str, int]
    rows: int


async def counts(url: str, table: str, *, inserted: int) -> Counts:
    """Return what was read, once so many rows are counted in a table: PostgreSQL counts late.

    For functions of the database, into which no plan shows.
    """
    with contextlib.closing(psycopg2.connect(url)) as asking:
        asking.autocommit = True

        def rows() -> list[tuple[str, int, int, int]]:
            with asking.cursor() as cursor:
                cursor.execute(COUNTS)
                return list(cursor.fetchall())

        await until(lambda: {row[0]: row[3] for row in rows()}[table] >= inserted)
        found = rows()
    return Counts({name: scans for name, scans, *_ in found}, sum(read for *_, read, _ in found))
