"""The function that writes messages, and room in the pages for rows that are updated often."""

from django.db import migrations

from services.chat.migrations import SEND_MESSAGES

SIGNATURE = "uuid[], boolean, int[], uuid[], uuid[], text[], bigint[], bigint[]"


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.RunSQL(SEND_MESSAGES, f"drop function send_messages({SIGNATURE})"),
        # Updates stay on their page (HOT) while there is room for the new version.
        migrations.RunSQL("alter table room set (fillfactor = 70)", "alter table room reset (fillfactor)"),
        migrations.RunSQL("alter table member set (fillfactor = 70)", "alter table member reset (fillfactor)"),
        # Rows come and go all day: clean up early and often.
        migrations.RunSQL(
            "alter table outbox set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)",
            "alter table outbox reset (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor)",
        ),
    ]
