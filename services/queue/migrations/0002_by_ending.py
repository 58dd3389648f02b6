"""What has expired and what was given up are found by indexes of their own; what is swept, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('queue', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='queuedmessage',
            name='queued_finished',
        ),
        migrations.AddIndex(
            model_name='queuedmessage',
            index=models.Index(condition=models.Q(('is_processed', True), models.Q(('ending', 'expired'), _negated=True)), fields=['finished_at'], name='queued_swept'),
        ),
        migrations.AddIndex(
            model_name='queuedmessage',
            index=models.Index(condition=models.Q(('ending', 'expired')), fields=['room_id'], name='queued_expired'),
        ),
        migrations.AddIndex(
            model_name='queuedmessage',
            index=models.Index(condition=models.Q(('ending', 'failed')), fields=['id'], name='queued_dead'),
        ),
    ]
