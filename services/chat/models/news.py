"""News on their way to the streams."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Outbox(models.Model):
    """News that is committed and perhaps not yet published; the row goes when it is.

    A row points at what happened instead of repeating it: for ``message.created`` the ranges
    ``subjects[i]``: ``first_seqs[i]`` … ``last_seqs[i]``; for ``room.changed`` the room; for
    ``user.changed`` the user; for ``user.revoked`` the user and then the sign-ins that ended.
    """

    event = models.TextField()
    subjects = ArrayField(models.UUIDField())
    first_seqs = ArrayField(models.BigIntegerField(), default=list)
    last_seqs = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.id} {self.event}"


class SafePoint(models.Model):
    """The one row that says up to when no reader of the streams can have missed anything.

    What changed in rooms before ``reached_at`` is published, and acknowledged by every consumer
    group. It never goes back; without the row nothing is known to be safe. Read and moved by
    ``libs.common.outbox.safe_point``.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY, editable=False)
    reached_at = models.DateTimeField()

    class Meta:
        db_table = "safe_point"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="safe_point_once")]

    def __str__(self) -> str:
        return str(self.reached_at)
