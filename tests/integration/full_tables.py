"""A service's tables, full: what its statements read is to be seen on these, not on empty ones.

Nothing analyses them but what is said here: either when they are full, or when there was nothing in
them yet but perhaps the first row, which is how PostgreSQL knows tables that grow fast. That row is
the trap: where there is one message, its room has no other.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.integration.own_database import make_migrated, orm_on, run

ANALYSED = "analysed"
ANALYSED_YOUNG = "analysed while young"
STATISTICS = (ANALYSED, ANALYSED_YOUNG)
"""What PostgreSQL knows of the tables."""

NAMES = """
create function pg_temp.person(n bigint) returns uuid language sql immutable
    as $$select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid$$;
create function pg_temp.room(n bigint) returns uuid language sql immutable
    as $$select ('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid$$;
"""
"""What ``person`` and ``room`` below are called in the scripts."""
NO_AUTOVACUUM = """
do $$
declare
    name regclass;
begin
    for name in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
    loop
        execute format('alter table %s set (autovacuum_enabled = false)', name);
    end loop;
end $$
"""


def person(number: int) -> str:
    """Return the id of a user, from 1 on."""
    return f"00000000-0000-4000-8000-{number:012x}"


def room(number: int) -> str:
    """Return the id of a room, from 1 on."""
    return f"00000000-0000-4000-9000-{number:012x}"


HALL = room(1)
"""The large one."""
ROOMS = 20_000
HALL_MEMBERS = 1_000
"""They are the first people; that is about as large as a room can be."""
HALL_MESSAGES = 50_000


def a_member_of(number: int) -> str:
    """Return one of the three people in a room that is not the hall, as the scripts choose them."""
    return person(1 + (number + 531) % 2_000)


def members(start: int, count: int) -> list[tuple[str, str]]:
    """Return some rooms, from this one on, each with a member."""
    return [(room(number), a_member_of(number)) for number in range(start, start + count)]


@contextlib.contextmanager
def full_tables(
    script: Path,
    server_url: str,
    *,
    statistics: str,
    prepare: Callable[[str], object],
) -> Iterator[str]:
    """Make a database of the service in whose folder the script is; the ORM works on it.

    Args:
        script: fills the tables.
        server_url: of the server.
        statistics: one of ``STATISTICS``.
        prepare: given the URL while the tables are empty; puts in what there is of a young one.
    """
    url = make_migrated(script.parent.name, server_url)
    with orm_on(url):
        prepare(url)
        leave_alone(url)
        fill(script, url)
        if statistics == ANALYSED:
            run(url, "analyze")
        yield url


def leave_alone(url: str) -> None:
    """Let tables be analysed now, while they are young, and by nothing and nobody afterwards."""
    run(url, NO_AUTOVACUUM)
    run(url, "analyze")


def fill(script: Path, url: str) -> None:
    """Fill a service's empty tables."""
    run(url, NAMES + script.read_text(encoding="utf-8"))
