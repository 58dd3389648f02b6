"""What receipts keeps in PostgreSQL: heads of rooms, watermarks of members, the log of advances.

Rooms and people are ids here, without foreign keys: they live in chat's database, and news of
them may come in any order. Watermarks are moved by one function of the database only
(``fold_receipts``), not by the ORM.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Room(models.Model):
    """What is known of a room.

    Attributes:
        version: of the members that are known; 0 where none are.
        head: the greatest seq that was heard of.
        judged_head: the head up to which it was judged who lags.
        is_due: whether the head is above that. A column, because an index whose condition names
            the head would keep its updates from staying on their page.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.BigIntegerField(default=0, db_default=0)
    open_history = models.BooleanField(default=False, db_default=False)
    head = models.BigIntegerField(default=0, db_default=0)
    judged_head = models.BigIntegerField(default=0, db_default=0)
    is_due = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "room"
        indexes = [models.Index("id", condition=Q(is_due=True), name="room_due")]

    def __str__(self) -> str:
        return f"{self.id} at {self.head}"


class Watermark(models.Model):
    """Up to where a member has received and read a room. The three seqs never go back.

    Attributes:
        present: whether chat said that they are a member; a claim may come before that.
        joined_seq: messages at or below are not theirs.
        shown_read_seq: ``read_seq`` as the others may know it.
    """

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    present = models.BooleanField(default=False, db_default=False)
    joined_seq = models.BigIntegerField(default=0, db_default=0)
    delivered_seq = models.BigIntegerField(default=0, db_default=0)
    read_seq = models.BigIntegerField(default=0, db_default=0)
    shown_read_seq = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "watermark"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    shown_read_seq__gte=0,
                    shown_read_seq__lte=F("read_seq"),
                    read_seq__lte=F("delivered_seq"),
                ),
                name="watermarks_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}: {self.delivered_seq}, {self.read_seq}"


class OwnSeq(models.Model):
    """A message of a member's own that is above what they have read; applied when they reach it.

    ``is_private``: by it the others do not learn what its author has read.
    """

    pk = models.CompositePrimaryKey("room_id", "user_id", "seq")
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    seq = models.BigIntegerField()
    is_private = models.BooleanField()

    class Meta:
        db_table = "own_seq"

    def __str__(self) -> str:
        return f"{self.user_id} wrote {self.room_id}.{self.seq}"


class Advance(models.Model):
    """The log: one row an advance, partitioned by the day of ``logged_at``.

    What lies above each ``…_from`` and up to its ``…_seq`` was received, read, and shown as read,
    at ``claimed_at``; null where that is not known (a membership began, or was told again).
    """

    pk = models.CompositePrimaryKey(
        "room_id", "user_id", "delivered_seq", "read_seq", "shown_read_seq", "logged_at"
    )
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    delivered_from = models.BigIntegerField()
    delivered_seq = models.BigIntegerField()
    read_from = models.BigIntegerField()
    read_seq = models.BigIntegerField()
    shown_from = models.BigIntegerField()
    shown_read_seq = models.BigIntegerField()
    claimed_at = models.DateTimeField(null=True)
    logged_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "advance"
        managed = False  # Django knows no partitions: see the first migration

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}: {self.delivered_seq}, {self.read_seq}"


class Laggard(models.Model):
    """A member of whom it was announced that they lag, until it is announced that they do not.

    Attributes:
        told_seq: their ``delivered_seq`` as it was announced last.
        moved: it has gone up since.
    """

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room_id = models.UUIDField()
    user_id = models.UUIDField()
    told_seq = models.BigIntegerField()
    moved = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "laggard"
        indexes = [
            models.Index("room_id", "user_id", condition=Q(moved=True), name="laggard_moved")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} lags in {self.room_id}"


class Outbox(models.Model):
    """News that are committed and perhaps not yet published; the row goes when they are.

    A row points at what happened: for ``watermarks.advanced`` at (``rooms[i]``, ``users[i]``); for
    ``lag.judged`` likewise, and at rooms alone where the user is null. What is published is the
    state at that time.
    """

    WATERMARKS_ADVANCED: ClassVar[str] = "watermarks.advanced"
    LAG_JUDGED: ClassVar[str] = "lag.judged"

    event = models.TextField()
    rooms = ArrayField(models.UUIDField())
    users = ArrayField(models.UUIDField(null=True))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.id} {self.event}"


class SafePoint(models.Model):
    """The one row that says up to when no reader of our streams can have missed anything.

    Read and moved by ``libs.common.outbox.safe_point``.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY, editable=False)
    reached_at = models.DateTimeField()

    class Meta:
        db_table = "safe_point"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="safe_point_once")]

    def __str__(self) -> str:
        return str(self.reached_at)
