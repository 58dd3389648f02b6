"""Web Push: subscriptions, what each was told, and sign-ins that have ended. New tables only."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('queue', '0002_by_ending'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndedSignIn',
            fields=[
                ('sid', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ended_sign_in',
            },
        ),
        migrations.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('user_id', models.UUIDField()),
                ('sid', models.UUIDField()),
                ('endpoint', models.TextField()),
                ('host', models.TextField()),
                ('p256dh', models.TextField()),
                ('auth', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('refreshed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'push_subscription',
                'indexes': [models.Index(fields=['user_id', 'refreshed_at'], name='subscription_by_user'), models.Index(fields=['sid'], name='subscription_by_sid')],
                'constraints': [models.UniqueConstraint(fields=('endpoint',), name='subscription_once')],
            },
        ),
        migrations.CreateModel(
            name='WebPush',
            fields=[
                ('pk', models.CompositePrimaryKey('room_id', 'subscription_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('room_id', models.UUIDField()),
                ('subscription_id', models.BigIntegerField()),
                ('pushed_seq', models.BigIntegerField(db_default=0, default=0)),
                ('pushed_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.IntegerField(db_default=0, default=0)),
            ],
            options={
                'db_table': 'web_push',
                'indexes': [models.Index(fields=['subscription_id'], name='web_push_by_subscription'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='web_push_due')],
            },
        ),
    ]
