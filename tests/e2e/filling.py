"""Long conversations and many of them, written straight into chat's tables before anybody connects.

The other services know nothing of them: nobody may write there afterwards.
"""

from contextlib import closing

import psycopg2

MESSAGES = """
insert into message (room_id, seq, sender_id, client_id, content, created_at)
select %(room)s, seq, %(sender)s, gen_random_uuid(), 'This is message ' || seq || '.',
       now() - (%(count)s - seq) * %(apart)s * interval '1 second'
  from generate_series(1, %(count)s) seq;
update room set last_seq = %(count)s, last_at = now() where id = %(room)s;
update member set delivered_seq = %(count)s, read_seq = %(count)s where room_id = %(room)s;
"""
ROOMS = """
create temp table fresh on commit drop as
    select uuidv7() as id, n from generate_series(1, %(count)s) n;
insert into room (id, kind, name, open_history, version, last_seq, last_at)
select id, 'group', 'Room ' || n, false, 1, 1, now() - n * interval '1 minute' from fresh;
insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
select id, user_id::uuid, 'member', 0, 1, 1 from fresh, unnest(%(users)s) user_id;
insert into message (room_id, seq, sender_id, client_id, content, created_at)
select id, 1, %(sender)s, gen_random_uuid(), 'Welcome to room ' || n, now() - n * interval '1 minute'
  from fresh;
"""
"""Each with one message; the first was active last."""


DAY = """
select to_char(day, 'YYYY-MM-DD'), to_char(day, 'FMDay FMDD FMMonth'),
       (select min(seq) from message where room_id = %(room)s and created_at >= day)
  from (select date_trunc('day', now() at time zone 'UTC' - %(ago)s * interval '1 day')
               at time zone 'UTC' as day) that;
"""


def run(suite, sql, **values):
    """Run statements on chat's database, in one transaction; return what the last one finds."""
    with (
        closing(psycopg2.connect(suite.state.database_urls["chat"])) as chat,
        chat,
        chat.cursor() as cursor,
    ):
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def fill(suite, room, count, *, sender, apart_s):
    """Fill a room with somebody's messages, by id, written so many seconds apart until now."""
    run(suite, MESSAGES, room=room, count=count, sender=sender, apart=apart_s)


def add_rooms(suite, count, *users):
    """Let these people, by id, be in so many groups."""
    run(suite, ROOMS, count=count, users=list(users), sender=users[-1])


def day_in(suite, room, *, ago):
    """Return a day as it is written down, as a British page calls it, and its first seq; in UTC."""
    [day] = run(suite, DAY, room=room, ago=ago)
    return day
