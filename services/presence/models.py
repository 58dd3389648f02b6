"""What presence keeps in PostgreSQL: when people were there last, and who shares a room with whom.

Who is there *now* stands in Redis (``store``). People and rooms are ids here, without foreign keys:
they live in chat's database, and news of them may come in any order.
"""

from django.db import models
from django.db.models import Q


class Room(models.Model):
    """A room whose members are known, as of ``version``; an older one changes nothing."""

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.BigIntegerField()
    is_direct = models.BooleanField()

    class Meta:
        db_table = "room"

    def __str__(self) -> str:
        return str(self.id)


class Member(models.Model):
    """A present member of a room."""

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room_id = models.UUIDField()
    user_id = models.UUIDField()

    class Meta:
        db_table = "member"
        indexes = [models.Index(fields=["user_id", "room_id"], name="member_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class Privacy(models.Model):
    """To whom a person shows when they were there last; everyone, where there is no row.

    Attributes:
        version: of the person's profile; an older one changes nothing.
    """

    user_id = models.UUIDField(primary_key=True, editable=False)
    last_seen = models.CharField(max_length=8)
    version = models.BigIntegerField()

    class Meta:
        db_table = "privacy"

    def __str__(self) -> str:
        return f"{self.user_id}: {self.last_seen}"


class UserStatus(models.Model):
    """What was true of a person when their sessions changed last.

    Attributes:
        is_online: they were there, if only away.
        last_seen: when they were there last, where they are not; null where that never was so.
        last_activity: when they last did anything.
        active_connections: how many sessions they had.
        last_ping: the newest beat of a process that held one of them.
        changed_ms: which of two writes is the newer one; Redis' time.
    """

    user_id = models.UUIDField(primary_key=True, editable=False)
    is_online = models.BooleanField()
    last_seen = models.DateTimeField(null=True)
    last_activity = models.DateTimeField(null=True)
    active_connections = models.IntegerField()
    last_ping = models.DateTimeField(null=True)
    changed_ms = models.BigIntegerField()

    class Meta:
        db_table = "user_status"
        verbose_name_plural = "user statuses"
        indexes = [models.Index("user_id", condition=Q(is_online=True), name="user_online")]

    def __str__(self) -> str:
        return f"{self.user_id} {'is' if self.is_online else 'is not'} there"
