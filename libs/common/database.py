"""PostgreSQL for everything but the hot path: Django's ORM in a bounded pool of own threads.

A thread of the pool lives as long as the process and keeps its connection. Django's own way
(``sync_to_async``) would run all of it on one thread, or connect anew at every call.
"""

import asyncio
import functools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core import signals
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
    reset_queries,
)

from libs.common.breakers import Breaker
from libs.common.clock import Clock, SystemClock
from libs.common.errors import Timeout, Unavailable
from libs.common.postgres import bear_silence, has_ended, met_another, read_only

P = ParamSpec("P")
T = TypeVar("T")

STATEMENT_TIMEOUT_MS = 2_000
"""Longest statement; below the deadline of a request (3 s)."""
LOCK_TIMEOUT_MS = 500
"""Longest wait for a lock; below the longest statement."""
IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
"""A forgotten transaction holds back vacuum and locks: PostgreSQL ends it."""
BY_INDEX = {
    "random_page_cost": 1.1,
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""By index, whatever the tables were like when they were last analysed: with the estimates of an
empty one a page of history would be cut out of its whole room. Costs are of pages in memory."""
CONNECT_TIMEOUT_S = 2
SILENCE_S = 2.5
"""Longest wait of a thread for an answer: the server's own timeout and some travelling."""
REQUEST_DEADLINE_S = 3.0
"""How long a caller waits for a thread and its answer together."""
RETRY_AFTER_S = 1.0
RESET_AFTER_S = 0.5
"""For how long PostgreSQL is left alone after five failures in a row, before one call tries it."""


def django_database(url: str, *, name: str) -> Mapping[str, Any]:
    """Turn a URL into Django's settings of one PostgreSQL database.

    Args:
        url: ``postgresql://user:password@host:port/database``; what libpq understands may follow,
            such as ``?sslmode=verify-full``.
        name: shown in ``pg_stat_activity``.
    """
    parts = urlsplit(url)
    limits = {
        **BY_INDEX,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or 5432,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "application_name": name,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "keepalives_idle": 10,
            "tcp_user_timeout": 5_000,
            "options": " ".join(f"-c {key}={value}" for key, value in limits.items()),
        },
    }


def look_after_connections() -> None:
    """Leave connections to the threads below: once, in a process that serves.

    They are kept from request to request: Django's way, at the beginning and the end of each, costs
    two hops through a thread that has none. One whose server went silent is given up.
    """
    bear_silence(SILENCE_S)
    signals.request_started.disconnect(reset_queries)
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)


class Busy(Unavailable):
    """Another transaction was in the way for too long; nothing was done."""


class DatabaseThreads:
    """Runs functions that use the ORM in threads that keep their connections, behind a breaker.

    Bounded twice: by the number of threads, and by the callers that may wait for one. Who waits
    in vain leaves nothing behind that would be done later. While PostgreSQL is known to be away
    nobody waits at all.

    Args:
        threads: that work at the same time, each with a connection.
        waiting: callers that may wait for one.
        deadline_s: how long a caller waits for a thread and its answer together.
        clock: of the breaker.
        name: of the breaker, where a process has a second pool.
    """

    def __init__(
        self,
        threads: int,
        *,
        waiting: int | None = None,
        deadline_s: float = REQUEST_DEADLINE_S,
        clock: Clock | None = None,
        name: str = "postgres",
    ) -> None:
        self.breaker = Breaker(
            name,
            clock=clock or SystemClock(),
            timeout_s=deadline_s,
            max_concurrent=threads,
            reset_after_s=RESET_AFTER_S,
            proves_alive=_proves_alive,
        )
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._free = asyncio.Semaphore(threads)
        self._places = waiting if waiting is not None else threads * 64
        self._deadline_s = deadline_s
        self._begun: set[asyncio.Future[Any]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in a thread and return what it returns.

        Raises:
            Unavailable: PostgreSQL cannot be reached or refused; or nothing was done, because
                too many callers wait already, or no thread was free within the deadline.
            Timeout: no answer within the deadline (the thread goes on), or the connection was
                lost: the outcome is unknown.
        """
        if (wait_s := self.breaker.retry_after_s) > 0:
            raise Unavailable(retry_after_s=wait_s)
        if self._free.locked() and self._places <= 0:
            raise Unavailable(retry_after_s=RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._deadline_s
        self._places -= 1
        try:
            async with asyncio.timeout_at(deadline_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from error
        finally:
            self._places += 1
        work = functools.partial(_with_usable_connection, function, *args, **kwargs)
        return await self._call(work, timeout_s=deadline_s - loop.time())

    async def _call(self, work: Callable[[], T], *, timeout_s: float) -> T:
        """Use the thread that was acquired, unless the breaker opened meanwhile."""
        begun: asyncio.Future[T] | None = None

        def begin() -> "asyncio.Future[T]":
            nonlocal begun
            begun = asyncio.get_running_loop().run_in_executor(self._executor, work)
            self._begun.add(begun)
            begun.add_done_callback(self._give_thread_back)
            return begun

        try:
            return await self.breaker.call(begin, timeout_s=timeout_s)
        finally:
            if begun is None:
                self._free.release()

    def _give_thread_back(self, begun: "asyncio.Future[Any]") -> None:
        self._free.release()
        self._begun.discard(begun)
        if not begun.cancelled():
            begun.exception()  # retrieved here, because a caller that timed out no longer does

    async def close(self, within_s: float) -> bool:
        """Take no more work, and wait for what is being done.

        Returns:
            Whether all threads are idle. One that waits for a silent server cannot be ended, and
            would hold up the end of the interpreter.
        """
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._begun:
            await asyncio.wait(set(self._begun), timeout=within_s)
        return not self._begun


def _with_usable_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    for connection in connections.all(initialized_only=True):
        # Django would ask the server each time whether it is there: a round trip before each call.
        if connection.connection is not None and has_ended(connection.connection):
            connection.close()
        connection.close_if_unusable_or_obsolete()
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        if _lost_connection():
            raise Timeout from error
        busy = met_another(_sqlstate_of(error))
        raise (Busy if busy else Unavailable)(retry_after_s=RETRY_AFTER_S) from error
    except DatabaseError as error:
        if read_only(_sqlstate_of(error)):
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from error
        raise


def _sqlstate_of(error: Exception) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""


def _proves_alive(error: Exception) -> bool:
    """Tell whether PostgreSQL answered; what was cancelled for its slowness is no answer."""
    return isinstance(error, Busy) or not isinstance(error, Unavailable | Timeout)


def _lost_connection() -> bool:
    """Tell whether a connection of this thread was there and ended; not: was never made."""
    raw = [connection.connection for connection in connections.all(initialized_only=True)]
    return any(each is not None and each.closed for each in raw)
