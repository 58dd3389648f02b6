"""PostgreSQL on the event loop, for the hot path: psycopg2's asynchronous mode.

No thread stands between the loop and the socket. A ``Connection`` is always in autocommit: a
statement is a transaction, unless the caller says BEGIN. A ``Link`` makes a new one whenever it was
lost, behind a breaker. Looking up a host *name* blocks while connecting; give an address where that
matters.
"""

import asyncio
import select
from collections.abc import Sequence
from typing import Any, Self

import psycopg2
from psycopg2 import extensions

from libs.common.breakers import Breaker
from libs.common.clock import Clock

CONNECT_TIMEOUT_S = 1.0
FAIL_MAX = 2
"""Failures in a row after which nothing is sent for a while: one lost connection is no outage."""
RESET_AFTER_S = 0.4
PLANNED_ONCE = (
    "set plan_cache_mode = force_generic_plan;"
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
    "set enable_bitmapscan = off;"
    "set jit = off"
)
"""The end of a ``setup``: plans are made once, which is half of the cost of a call, so they must suit
tables that grow from nothing: by index, and in its order."""


_MET_ANOTHER = frozenset({"40001", "40P01", "55P03"})
_READ_ONLY = "25006"
_CANCELLED = "57014"
_OUT_OF_ORDER = frozenset({"08", "53", "57", "58", "XX"})
"""Classes of what is no fault of a statement: connection, resources, operator, system, corruption."""


def met_another(sqlstate: str) -> bool:
    """Tell whether a statement was refused because of another transaction: it may be repeated.

    Serialization failure, deadlock, lock not available. Source: PostgreSQL, appendix A.
    """
    return sqlstate in _MET_ANOTHER


def read_only(sqlstate: str) -> bool:
    """Tell whether a write was refused because this server is a standby, for now."""
    return sqlstate == _READ_ONLY


def bear_silence(silence_s: float) -> None:
    """Let no thread of this process wait longer than this for an answer of PostgreSQL.

    A server that is silent while its kernel, or a box on the way, goes on to acknowledge what is
    sent would be waited for by libpq for ever. What is given up on raises ``OperationalError`` and
    has lost its connection. For the whole process, and without effect on ``Connection``, which has
    bounds of its own. The bound is for each silence: who answers piece by piece is waited for. It
    holds while connecting, too, where libpq heeds ``connect_timeout`` no more.

    Args:
        silence_s: above the longest statement that the server allows.
    """

    def wait(raw: extensions.connection) -> None:
        while (state := raw.poll()) != extensions.POLL_OK:
            waiting = select.poll()
            is_reading = state == extensions.POLL_READ
            waiting.register(raw.fileno(), select.POLLIN if is_reading else select.POLLOUT)
            if not waiting.poll(silence_s * 1000):
                raise psycopg2.OperationalError(f"no answer within {silence_s} s")

    extensions.set_wait_callback(wait)


class ConnectionLost(Exception):
    """The connection ended or went silent while a statement ran: its outcome is unknown."""


class CannotConnect(Exception):
    """No connection could be made; nothing was done."""


def has_ended(raw: extensions.connection) -> bool:
    """Tell whether an idle connection was closed, here or by the server, without asking it.

    Unasked, a server says only that it ends (or a notice, which is no loss either).
    """
    if raw.closed:
        return True
    waiting = select.poll()
    waiting.register(raw.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


class Connection:
    """One connection. One statement at a time; after ``ConnectionLost`` it is of no use."""

    def __init__(self, raw: extensions.connection) -> None:
        self._raw = raw

    @classmethod
    async def open(cls, dsn: str, *, setup: str, timeout_s: float) -> Self:
        """Connect and run the statements of ``setup`` (``set …; set …``).

        Raises:
            CannotConnect: refused, or not done within ``timeout_s`` seconds.
        """
        try:
            connection = cls(psycopg2.connect(dsn, async_=1))
        except psycopg2.Error as error:
            raise CannotConnect(str(error).strip()) from error
        try:
            await asyncio.wait_for(connection._until_done(), timeout_s)
            await connection.run(setup, (), timeout_s=timeout_s)
        except (psycopg2.Error, ConnectionLost, TimeoutError) as error:
            connection.close()
            raise CannotConnect(str(error).strip() or "no answer") from error
        except asyncio.CancelledError:
            connection.close()
            raise
        return connection

    @property
    def ended(self) -> bool:
        """Whether it was closed, here or, while nothing was asked of it, by the server.

        Ask before a statement: what is sent on an ended connection has an unknown outcome.
        """
        return has_ended(self._raw)

    def close(self) -> None:
        """Close the socket; a statement that runs on the server may still commit."""
        self._raw.close()

    async def run(
        self, sql: str, parameters: Sequence[Any], *, timeout_s: float
    ) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Raises:
            ValueError: a parameter holds NUL, which PostgreSQL cannot store.
            psycopg2.Error: the server refused it; ``pgcode`` says why, and nothing was done.
            ConnectionLost: it ended, or stayed silent for ``timeout_s`` seconds. Cancelling the
                await closes the connection, too: the outcome is as unknown.
        """
        try:
            cursor = self._raw.cursor()
            cursor.execute(sql, parameters)
            await asyncio.wait_for(self._until_done(), timeout_s)
        except (TimeoutError, asyncio.CancelledError) as error:
            self.close()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise ConnectionLost(f"no answer within {timeout_s} s") from error
        except psycopg2.Error as error:
            if error.pgcode is None or self._raw.closed:
                self.close()
                raise ConnectionLost(str(error).strip()) from error
            raise
        return cursor.fetchall() if cursor.description else []

    async def _until_done(self) -> None:
        """Wait until what was begun on the connection is finished."""
        loop = asyncio.get_running_loop()
        while True:
            state = self._raw.poll()
            if state == extensions.POLL_OK:
                return
            socket = self._raw.fileno()
            ready = loop.create_future()
            if state == extensions.POLL_READ:
                loop.add_reader(socket, _wake, ready)
                forget = loop.remove_reader
            else:
                loop.add_writer(socket, _wake, ready)
                forget = loop.remove_writer
            try:
                await ready
            finally:
                forget(socket)


def link_breaker(name: str, *, clock: Clock, max_concurrent: int = 1) -> Breaker:
    """Return a breaker for ``Link``; what PostgreSQL refuses for the data's sake proves its life."""
    return Breaker(
        name,
        clock=clock,
        max_concurrent=max_concurrent,
        fail_max=FAIL_MAX,
        reset_after_s=RESET_AFTER_S,
        proves_alive=_proves_alive,
    )


class Link:
    """A connection that is made anew when it was lost. One statement at a time.

    Args:
        dsn: where.
        setup: statements that each new connection begins with.
        silence_s: longest wait for an answer; above the ``statement_timeout`` of ``setup``.
        breaker: see ``link_breaker``; several links may share one.
    """

    def __init__(self, dsn: str, *, setup: str, silence_s: float, breaker: Breaker) -> None:
        self.breaker = breaker
        self._dsn = dsn
        self._setup = setup
        self._silence_s = silence_s
        self._connection: Connection | None = None

    async def connect(self) -> None:
        """Make sure that there is a connection.

        Raises:
            Unavailable: PostgreSQL is known to be away; ``retry_after_s`` says for how long.
            CannotConnect: there is none to be had.
        """
        with self.breaker.guard():
            await self._connected()

    async def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Raises:
            Unavailable, CannotConnect: nothing was done.
            ConnectionLost, psycopg2.Error, ValueError: as ``Connection.run``.
        """
        with self.breaker.guard():
            connection = await self._connected()
            return await connection.run(sql, parameters, timeout_s=self._silence_s)

    def drop(self) -> None:
        """Close the connection; the next call makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.ended:
            self.drop()
            self._connection = await Connection.open(
                self._dsn, setup=self._setup, timeout_s=CONNECT_TIMEOUT_S
            )
        return self._connection


def _proves_alive(error: Exception) -> bool:
    """Tell whether PostgreSQL answered: not where it was away, too slow, or refused to work."""
    if isinstance(error, psycopg2.Error):
        sqlstate = error.pgcode or ""
        away = sqlstate in {_CANCELLED, _READ_ONLY} or sqlstate[:2] in _OUT_OF_ORDER
        return bool(sqlstate) and not away
    return not isinstance(error, ConnectionLost | CannotConnect)


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def text_array(items: Sequence[str]) -> str:
    """Write strings as PostgreSQL's literal of an array; NUL must have been refused before."""
    quoted = ('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items)
    return "{" + ",".join(quoted) + "}"


def plain_array(items: Sequence[str | int | None]) -> str:
    """Write numbers, UUIDs or nulls, which need no quotes, as a literal of an array."""
    return "{" + ",".join("NULL" if item is None else str(item) for item in items) + "}"
