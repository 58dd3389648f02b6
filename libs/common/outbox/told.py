"""Until when everything that happened has left the outbox: the question of a safe point.

It is asked of PostgreSQL's clock. The table is called ``outbox``, and its ``created_at`` is the
time at which the writing transaction began.
"""

import datetime as dt

from django.db import connection


def all_told_before() -> dt.datetime:
    """Return a time of PostgreSQL's clock: everything from before it has left the outbox.

    Everything, also what a transaction that goes on would commit. To be called in autocommit. The
    role must see what its own sessions do, as it does unless it was forbidden.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND backend_type = 'client backend'
            """
        )
        (all_ended_before,) = cursor.fetchone()
        # Only now: the row of a transaction that ended before the first statement is seen.
        cursor.execute("SELECT least(%s, min(created_at)) FROM outbox", [all_ended_before])
        told_before: dt.datetime = cursor.fetchone()[0]
    return told_before
