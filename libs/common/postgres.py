"""One PostgreSQL connection on the event loop, for the hot path: psycopg2's asynchronous mode.

No thread stands between the loop and the socket. The connection is always in autocommit: a
statement is a transaction, unless the caller says BEGIN. Looking up a host *name* blocks while
connecting; give an address where that matters.
"""

import asyncio
import select
from collections.abc import Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions


class ConnectionLost(Exception):
    """The connection ended or went silent while a statement ran: its outcome is unknown."""


class CannotConnect(Exception):
    """No connection could be made; nothing was done."""


class Connection:
    """One connection. One statement at a time; after ``ConnectionLost`` it is of no use."""

    def __init__(self, raw: extensions.connection) -> None:
        self._raw = raw

    @classmethod
    async def open(cls, dsn: str, *, setup: str, timeout_s: float) -> "Connection":
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
        if self._raw.closed:
            return True
        # Unasked, a server says only that it ends (or a notice, which is no loss either).
        waiting = select.poll()
        waiting.register(self._raw.fileno(), select.POLLIN)
        return bool(waiting.poll(0))

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
