"""What a database says of itself, asked as the service itself would."""

import asyncio
import socket

import psycopg2
from psycopg2 import extensions

from libs.common.clock import Clock
from libs.common.doctor.asking.trips import best_trip
from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.rules.databases import DatabaseFacts, kind_of
from libs.common.postgres import CannotConnect, Connection, ConnectionLost

WITHIN_S = 1.5
TIME = "select extract(epoch from clock_timestamp())::float"
FACTS = """
select current_setting('server_version_num')::int,
    pg_is_in_recovery(),
    current_setting('synchronous_commit'),
    current_setting('fsync'),
    current_setting('full_page_writes'),
    (select count(*) from pg_stat_activity where datname is not null),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    greatest(
        (select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
             and backend_type = 'client backend'),
        (select max(extract(epoch from clock_timestamp() - prepared)) from pg_prepared_xacts
         where database = current_database()),
        0)::float
"""


async def ask_database(service: str, url: str, *, clock: Clock) -> DatabaseFacts:
    """Ask everything, over one connection.

    Raises:
        Unreachable: there is none, or it was lost.
    """
    try:
        connection = await Connection.open(
            await _with_address(url), setup="set statement_timeout = 1500", timeout_s=WITHIN_S
        )
    except CannotConnect as error:
        raise Unreachable(kind_of(str(error))) from None
    try:
        return await _ask(connection, service, clock=clock)
    except (ConnectionLost, psycopg2.Error):
        raise Unreachable("other") from None
    finally:
        connection.close()


async def _ask(connection: Connection, service: str, *, clock: Clock) -> DatabaseFacts:
    (row,) = await connection.run(FACTS, (), timeout_s=WITHIN_S)

    async def ask_time() -> float:
        ((theirs_s,),) = await connection.run(TIME, (), timeout_s=WITHIN_S)
        return float(theirs_s)

    trip = await best_trip(ask_time, clock=clock)
    version, standby, commit, fsync, pages, used, places, oldest_s = row
    return DatabaseFacts(
        service=service,
        version=version,
        is_standby=standby,
        synchronous_commit=commit,
        fsync=fsync,
        full_page_writes=pages,
        connections=used,
        places=places,
        oldest_transaction_s=oldest_s,
        ahead_s=trip.ahead_s,
        best_ms=trip.took_ms,
    )


async def _with_address(url: str) -> str:
    """Look the name up beside the loop: psycopg2 would block it.

    Raises:
        Unreachable: the address cannot be read, or nobody knows the name.
    """
    try:
        parts = extensions.parse_dsn(url)
    except psycopg2.Error:
        raise Unreachable("url") from None
    host = parts.get("host", "")
    if not host or host.startswith("/") or "," in host or "hostaddr" in parts:
        return url
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("name") from None
    return extensions.make_dsn(url, hostaddr=str(found[0][4][0]))
