"""Rooms, their members, and what they wrote.

Messages are inserted by one function of the database only (``writer``), not by the ORM. Foreign keys
of ``Message`` carry no constraint: a check per message would cost more than the insert, and the
writer has judged the sender's membership under the room's lock.
"""

import uuid_utils.compat as uuid7s
from django.db import models
from django.db.models.functions import Now

from services.chat.models.people import NAME_CHARS, User


class Room(models.Model):
    """A conversation. The writer counts ``last_seq`` up under this row's lock, without gaps.

    ``direct_key`` is the pair of user ids of a direct room, so that a pair has only one.
    ``version`` counts the changes of name and members, ``changed_at`` is the time of the newest.
    ``last_at`` is the time of the newest message, and never goes back.
    """

    class Kind(models.TextChoices):
        DIRECT = "direct"
        GROUP = "group"

    id = models.UUIDField(primary_key=True, default=uuid7s.uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=NAME_CHARS, blank=True)
    direct_key = models.CharField(max_length=73, null=True, unique=True)  # noqa: DJ001 - NULLs are not equal: groups have none
    open_history = models.BooleanField(default=False)
    version = models.BigIntegerField(default=1)
    last_seq = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "room"

    def __str__(self) -> str:
        return str(self.id)


class Member(models.Model):
    """A user's place in a room, kept after leaving: ``left_seq`` is the last seq they may see.

    ``joined_seq`` is the room's ``last_seq`` when they joined. ``delivered_seq`` and ``read_seq``
    are chat's projection of the watermarks and start there. ``shown_read_seq`` is ``read_seq`` as
    the others see it, null where it is the same: it stands still while ``send_read_receipts`` is
    off.
    """

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        MEMBER = "member"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    joined_seq = models.BigIntegerField(default=0)
    left_seq = models.BigIntegerField(null=True, blank=True)
    delivered_seq = models.BigIntegerField(default=0)
    read_seq = models.BigIntegerField(default=0)
    shown_read_seq = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "member"
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class RoomMarks(models.Model):
    """Counts how often watermarks of a room's members went up.

    A row of its own, so that a fold of watermarks never locks what the writer locks.
    ``shown_version`` counts only what others may know: ``version`` would tell them when somebody
    reads in private.
    """

    room = models.OneToOneField(
        Room, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="+"
    )
    version = models.BigIntegerField(default=0)
    shown_version = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "room_marks"

    def __str__(self) -> str:
        return f"{self.room_id} {self.version}"


class Message(models.Model):
    """What a member wrote. Written once, never changed; ``created_at`` grows with ``seq``."""

    pk = models.CompositePrimaryKey("room_id", "seq")
    room = models.ForeignKey(
        Room, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    seq = models.BigIntegerField()
    sender = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    client_id = models.UUIDField()
    content = models.TextField()
    reply_to = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "message"
        constraints = [
            models.UniqueConstraint(fields=["room", "sender", "client_id"], name="message_once")
        ]

    def __str__(self) -> str:
        return f"{self.room_id}.{self.seq}"
