"""What must be true of receipts' database at any time, whatever was done to it."""

from contextlib import closing

import psycopg2

COLUMNS = {"delivered": "delivered_seq", "read": "read_seq", "shown": "shown_read_seq"}
GAPS = """
select '{column}', room_id::text, user_id::text, start, before
  from (select room_id, user_id, {name}_from as start,
               lag({column}, 1, 0::bigint) over (partition by room_id, user_id order by {column})
                   as before
          from advance where {name}_from < {column}) step
 where start <> before
"""
"""Steps that do not begin where the one before ended. The log must reach back to the beginning."""
ENDS = """
select '{column} at the end', w.room_id::text, w.user_id::text, w.{column}, coalesce(max(a.{column}), 0)
  from watermark w left join advance a on a.room_id = w.room_id and a.user_id = w.user_id
 group by w.room_id, w.user_id, w.{column} having w.{column} <> coalesce(max(a.{column}), 0)
"""
"""Members of whom the greatest that is logged is not their watermark."""
HEADS = """
select 'head', w.room_id::text, w.user_id::text, w.delivered_seq, r.head
  from watermark w left join room r on r.id = w.room_id where w.delivered_seq > coalesce(r.head, -1)
"""


def faults_of(url: str) -> list[tuple[object, ...]]:
    """Return what is wrong in a database of receipts; nothing, one hopes."""
    questions = [HEADS]
    for name, column in COLUMNS.items():
        questions += [each.format(name=name, column=column) for each in (GAPS, ENDS)]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        found = []
        for question in questions:
            cursor.execute(question)
            found += cursor.fetchall()
    return found
