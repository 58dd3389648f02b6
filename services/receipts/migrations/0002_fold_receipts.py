"""The functions that move watermarks and set members; tables whose rows come and go all day."""

from django.db import migrations

from services.receipts.migrations import FUNCTIONS

DROP = """
drop function fold_receipts(uuid[], bigint[], uuid[], uuid[], int[], bigint[], bigint[], bigint[], bigint[], int[], bigint[], boolean[], bigint[]);
drop function set_members(uuid, bigint, boolean, uuid[], bigint[]);
drop function past_own_seqs(uuid, uuid, bigint, boolean);
"""
BUSY = ("outbox", "own_seq", "laggard")


class Migration(migrations.Migration):
    dependencies = [("receipts", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        *(
            migrations.RunSQL(
                f"alter table {table} set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)",
                f"alter table {table} reset (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor)",
            )
            for table in BUSY
        ),
    ]
