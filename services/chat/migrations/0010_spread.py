"""How rooms and people spread over messages and members, whatever PostgreSQL finds when it looks.

A table that was analysed when each room had one message has its messages found by room alone, and
all of the room looked through, until it is analysed again: for minutes where it grows fast. Too
few rooms are harmless, since everything is found by index anyway: they only make a room look large.
"""

from django.db import migrations

FEW = 200


def spread(table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"alter table {table} alter column {column} set (n_distinct = {FEW})",
        f"alter table {table} alter column {column} reset (n_distinct)",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0009_send_messages_again'),
    ]

    operations = [
        spread("message", "room_id"),
        spread("message", "sender_id"),
        spread("member", "room_id"),
        spread("member", "user_id"),
    ]
