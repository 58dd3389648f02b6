"""Fills a suite with rooms and messages, straight into its tables.

Messages pass the road by: a million of them on the road take an hour. What the road would have left
behind is written beside them: heads, watermarks and their log, so that nobody lags and no two
services disagree. Rooms are announced as usual. Nobody may be connected meanwhile.

Nothing is analysed here. Autovacuum does that, as in production; ``until_vacuumed`` waits for it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

from dev.harness import wait_until
from dev.state import SuiteState

KNOWN_WITHIN_S = 120.0
FILLED = {
    "chat": ("room", "member", "message"),
    "receipts": ("room", "watermark", "advance%"),
    "queue": ("room", "member"),
}
"""What is filled, by service, as patterns of names; the log of advances is a table a day."""
LOOK_S = 1.0

ROOMS_OF_PAIRS = """
create temp table fresh on commit drop as
    select uuidv7() as id, n from generate_series(%(from)s + 1, %(to)s) n;
insert into room (id, kind, name, open_history, version, last_seq)
select id, 'group', 'Room ' || n, false, 1, 0 from fresh;
insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
select fresh.id, member.user_id,
       case when row_number() over (partition by fresh.id order by user_id) = 1
            then 'owner' else 'member' end, 0, 0, 0
  from (select id, row_number() over (order by id) - 1 as place, count(*) over () as pairs
          from room where kind = 'direct') pair
  join fresh on fresh.n %% pair.pairs = pair.place
  join member on member.room_id = pair.id;
insert into outbox (event, subjects, first_seqs, last_seqs)
select 'room.changed', array_agg(id), '{}', '{}' from fresh group by n / 100;
"""
"""Further rooms for those who share a direct one, the pairs in turn; announced like any other."""
MESSAGES = {
    "chat": """
create temp table due on commit drop as
    select id, last_seq, (select array_agg(user_id order by user_id) from member
                           where room_id = room.id) as members
      from room where last_seq < %(head)s;
insert into message (room_id, seq, sender_id, client_id, content, created_at)
select id, seq, members[1 + seq %% cardinality(members)], gen_random_uuid(),
       'How are you today? This is message ' || seq,
       now() - (%(head)s - seq) * interval '1 microsecond'
  from due, generate_series(last_seq + 1, %(head)s) seq
 order by seq, id;
update room set last_seq = %(head)s, last_at = now() from due where room.id = due.id;
update member set delivered_seq = %(head)s, read_seq = %(head)s, shown_read_seq = null
  from due where room_id = due.id;
""",
    "receipts": """
create temp table due on commit drop as
    select w.* from watermark w join room on id = room_id where head < %(head)s;
insert into advance (room_id, user_id, delivered_from, delivered_seq, read_from, read_seq,
                     shown_from, shown_read_seq, claimed_at)
select room_id, user_id, lag(seq, 1, delivered_seq) over own, seq,
       lag(seq, 1, read_seq) over own, seq, lag(seq, 1, shown_read_seq) over own, seq, now()
  from due, generate_series(delivered_seq + 1, %(head)s) seq
 where (%(head)s - seq) %% 2 = 0
window own as (partition by room_id, user_id order by seq);
update watermark w set delivered_seq = %(head)s, read_seq = %(head)s, shown_read_seq = %(head)s
  from due where w.room_id = due.room_id and w.user_id = due.user_id;
delete from own_seq o using due where o.room_id = due.room_id;
update room set head = %(head)s, judged_head = %(head)s, is_due = false where head < %(head)s;
""",
    "queue": "update room set head = %(head)s where head < %(head)s;",
}
"""Fills every room up to a head, in the order in which it would have been: all rooms side by side.
Of two members one writes, and then the other: each has advanced once for two messages."""
UNVACUUMED = """
select count(*) from pg_stat_user_tables s join pg_class c on c.oid = s.relid
 where s.relname like any(%(tables)s)
   and (n_mod_since_analyze > 50 + 0.1 * greatest(reltuples, 0)
        or n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0)
        or exists (select from pg_stat_progress_vacuum p where p.relid = s.relid)
        or exists (select from pg_stat_progress_analyze p where p.relid = s.relid))
"""
"""Tables that autovacuum has to come to, or is at. Source: PostgreSQL, "The Autovacuum Daemon"."""


class Tables:
    """The databases of a suite, over connections that stay open."""

    def __init__(self, databases: Mapping[str, extensions.connection]) -> None:
        self._databases = databases

    def rooms(self) -> dict[str, list[str]]:
        """Return who is in each room."""
        members: dict[str, list[str]] = {}
        for room, user in self._rows("chat", "select room_id::text, user_id::text from member"):
            members.setdefault(room, []).append(user)
        return members

    def messages(self) -> int:
        """Return how many are stored."""
        return self._count("chat", "select count(*) from message")

    def add_rooms(self, wanted: int) -> None:
        """Make rooms of two until there are as many; return when all services know their members.

        Raises:
            TimeoutError: one of them does not learn of it.
        """
        there = self._count("chat", "select count(*) from room")
        self._do("chat", ROOMS_OF_PAIRS, {"from": there, "to": wanted})
        wait_until(self._all_know, within_s=KNOWN_WITHIN_S, what="all services to know the rooms")

    def add_messages(self, head: int) -> None:
        """Fill every room up to that seq, in all databases."""
        for service, statements in MESSAGES.items():
            self._do(service, statements, {"head": head})

    def until_vacuumed(self, within_s: float, *, tell: Callable[[str], None]) -> None:
        """Wait for autovacuum to be done with what was filled; tell where it is not in time."""
        until_s = time.monotonic() + within_s
        while unvacuumed := sum(
            self._count(service, UNVACUUMED, {"tables": list(tables)})
            for service, tables in FILLED.items()
        ):
            if time.monotonic() > until_s:
                tell(f"autovacuum has not come to {unvacuumed} tables")
                return
            time.sleep(LOOK_S)

    def _all_know(self) -> bool:
        members = self._count("chat", "select count(*) from member")
        known = self._count("receipts", "select count(*) from watermark where present")
        return known == members == self._count("queue", "select count(*) from member")

    def _do(self, service: str, statements: str, given: Mapping[str, object]) -> None:
        with self._databases[service] as connected, connected.cursor() as cursor:
            cursor.execute(statements, given)

    def _rows(
        self, service: str, statement: str, given: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        with self._databases[service] as connected, connected.cursor() as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall()

    def _count(
        self, service: str, statement: str, given: Mapping[str, object] | None = None
    ) -> int:
        return int(self._rows(service, statement, given)[0][0])


@contextmanager
def tables_of(state: SuiteState) -> Iterator[Tables]:
    """Connect to the databases of a suite that is up."""
    with ExitStack() as ends:
        yield Tables(
            {
                name: ends.enter_context(closing(psycopg2.connect(state.database_urls[name])))
                for name in FILLED
            }
        )
