"""Laggards who moved are found in their order, without those who did not."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('receipts', '0003_fold_receipts_again'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='laggard',
            name='laggard_moved',
        ),
        migrations.AddIndex(
            model_name='laggard',
            index=models.Index(models.F('room_id'), models.F('user_id'), condition=models.Q(('moved', True)), name='laggard_moved'),
        ),
    ]
