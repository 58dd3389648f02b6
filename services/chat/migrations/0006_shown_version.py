from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0005_receipts'),
    ]

    operations = [
        migrations.AddField(
            model_name='roommarks',
            name='shown_version',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
