"""Indexes that most advances leave alone, and the functions as they are now."""

from django.db import migrations, models
from django.db.models import Q

from services.receipts.migrations import FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("receipts", "0004_moved_laggards")]

    operations = [
        migrations.RemoveIndex(model_name="room", name="room_to_be_judged"),
        migrations.AddField(
            model_name="room",
            name="is_due",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.RunSQL(
            "update room set is_due = true where head > judged_head", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index("id", condition=Q(is_due=True), name="room_due"),
        ),
        migrations.RunSQL(
            """
            drop index advance_shown;
            create index advance_shown on advance (room_id, user_id, shown_read_seq)
             where shown_from < shown_read_seq;
            """,
            """
            drop index advance_shown;
            create index advance_shown on advance (room_id, user_id, shown_read_seq);
            """,
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
