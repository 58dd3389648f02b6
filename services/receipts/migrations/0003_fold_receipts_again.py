"""The functions as they are now, for a database that has them as they were."""

from django.db import migrations

from services.receipts.migrations import FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("receipts", "0002_fold_receipts")]

    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
