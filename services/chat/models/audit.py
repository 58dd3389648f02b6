"""Who did what to whom: sign-ins and memberships, as they began, changed and ended."""

from django.db import models
from django.db.models.functions import Now

ADDRESS_CHARS = 45
"""Longest address, of IPv6 with IPv4 in it."""


class AuditEntry(models.Model):
    """One thing that happened; written in its transaction, by ``actions.audit``, never changed.

    ``actor`` is who did it, null where that is not known: at a failed sign-in, and from a shell.
    ``subject`` is whom it concerns. Foreign keys carry no constraint: an entry outlives what it
    speaks of. Nothing of messages, passwords or tokens stands here, nor a name that somebody typed.
    """

    class Action(models.TextChoices):
        SIGNED_IN = "signed_in"
        SIGN_IN_FAILED = "sign_in_failed"
        SIGNED_OUT = "signed_out"
        SESSION_ENDED = "session_ended"
        REGISTERED = "registered"
        EXCHANGED = "exchanged"
        DEACTIVATED = "deactivated"
        REACTIVATED = "reactivated"
        ROOM_CREATED = "room_created"
        ROOM_CHANGED = "room_changed"
        MEMBER_ADDED = "member_added"
        MEMBER_REMOVED = "member_removed"
        MEMBER_LEFT = "member_left"
        ROLE_CHANGED = "role_changed"
        AVATAR_REMOVED = "avatar_removed"
        MESSAGES_READ = "messages_read"

    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=16, choices=Action)
    actor = models.ForeignKey(
        "chat.User", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    subject = models.ForeignKey(
        "chat.User", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    room = models.ForeignKey(
        "chat.Room", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    sid = models.UUIDField(null=True)
    address = models.CharField(max_length=ADDRESS_CHARS, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_entry"
        indexes = [models.Index(fields=["at", "id"], name="audit_by_time")]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.id} {self.action}"
