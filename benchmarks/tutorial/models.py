"""Rooms, their members, and what was written in them."""

from django.conf import settings
from django.db import models


class Room(models.Model):
    """A conversation of two people or more."""

    def __str__(self) -> str:
        return f"room {self.pk}"


class Member(models.Model):
    """The one room of a user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}"


class Message(models.Model):
    """What a member wrote. As in Parley, one index serves reading and nobody checks the references."""

    room = models.ForeignKey(
        Room, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    client_id = models.UUIDField()
    content = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["room", "id"], name="history")]

    def __str__(self) -> str:
        return f"message {self.pk}"
