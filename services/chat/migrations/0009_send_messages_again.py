"""The function as it is now, for a database that has it as it was."""

from django.db import migrations

from services.chat.migrations import SEND_MESSAGES


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_audit")]

    operations = [migrations.RunSQL(SEND_MESSAGES, migrations.RunSQL.noop)]
