"""Into which days the log of advances is parted, by PostgreSQL's clock and in UTC."""

import datetime as dt
import re
from collections.abc import Mapping

from django.db import connection

_NAME = re.compile(r"advance_(\d{4})_(\d{2})_(\d{2})")


def today() -> dt.date:
    """Return the day into which what is logged now belongs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() AT TIME ZONE 'UTC')::date")
        day: dt.date = cursor.fetchone()[0]
    return day


def days_with_partition() -> set[dt.date]:
    """Return the days that have a partition of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
             WHERE inhparent = 'advance'::regclass
            """
        )
        found = [_NAME.fullmatch(name) for (name,) in cursor.fetchall()]
    return {dt.date(*map(int, match.groups())) for match in found if match}


def unsorted_days() -> Mapping[dt.date, int]:
    """Return the days of rows that found no partition of their day, with how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (logged_at AT TIME ZONE 'UTC')::date AS day, count(*)
              FROM advance_unsorted GROUP BY day
            """
        )
        return dict(cursor.fetchall())
