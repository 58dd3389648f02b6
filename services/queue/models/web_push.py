"""Browsers that want to be told while they are closed, and what each of them was told."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class PushSubscription(models.Model):
    """A browser of somebody, at a push service.

    Attributes:
        sid: the sign-in from which it was handed in last; it ends with it.
        endpoint: where to push to. Whoever knows it may: it stands in no log.
        host: of the endpoint, with the port where that is not the usual one.
        p256dh: the browser's public key, base64url.
        auth: what the browser shares with us, base64url.
        refreshed_at: when it was handed in last.
        expires_at: when its push service lets it end, where that said so.
    """

    id = models.BigAutoField(primary_key=True)
    user_id = models.UUIDField()
    sid = models.UUIDField()
    endpoint = models.TextField()
    host = models.TextField()
    p256dh = models.TextField()
    auth = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "push_subscription"
        indexes = [
            models.Index(fields=["user_id", "refreshed_at"], name="subscription_by_user"),
            models.Index(fields=["sid"], name="subscription_by_sid"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint"], name="subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.id} of {self.user_id} at {self.host}"


class WebPush(models.Model):
    """What a browser was told of a room in which its person is behind. It may go at any time.

    The subscription is an id without foreign key: it may end while this is made.

    Attributes:
        pushed_seq: the head of which it was told, or of which telling it was given up.
        pushed_at: when that was.
        due_at: when it is to be told of a greater head, or again; null where there is nothing to
            tell. Whoever takes it puts it off, and so keeps others from doing the same.
        tries: how often it was tried, for the head that is not told yet.
    """

    pk = models.CompositePrimaryKey("room_id", "subscription_id")
    room_id = models.UUIDField()
    subscription_id = models.BigIntegerField()
    pushed_seq = models.BigIntegerField(default=0, db_default=0)
    pushed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "web_push"
        indexes = [
            models.Index(fields=["subscription_id"], name="web_push_by_subscription"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="web_push_due"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} to {self.subscription_id}"


class EndedSignIn(models.Model):
    """A sign-in that has ended while tokens of it may still hold here."""

    sid = models.UUIDField(primary_key=True, editable=False)
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "ended_sign_in"

    def __str__(self) -> str:
        return str(self.sid)
