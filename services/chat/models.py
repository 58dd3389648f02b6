"""What chat keeps in PostgreSQL: people, rooms, members, messages, sign-ins, the outbox.

Messages and their outbox rows are inserted by one function of the database only (``writer``), not
by the ORM. Foreign keys of ``Message`` carry no constraint: a check per message would cost more
than the insert, and the writer has judged the sender's membership under the room's lock.
"""

from typing import ClassVar

import uuid_utils.compat as uuid7s
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now

USERNAME_CHARS = 32
"""Longest username, in code points."""

NAME_CHARS = 80
"""Longest display name of a person or name of a room, in code points."""


class UserManager(BaseUserManager["User"]):
    """Finds people by username, whatever its case, and makes administrators."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user whose username is this one, ignoring case."""
        folded = (username or "").lower()
        return self.alias(folded=Lower("username")).get(folded=folded)

    def create_superuser(self, username: str, password: str, **fields: object) -> "User":
        """Make a person who may do everything; for ``createsuperuser``."""
        user = self.model(username=username, is_staff=True, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. ``is_active=False`` is a deactivated one: no sign-in, no open session.

    ``send_read_receipts=False``: what they read from then on is nobody's business but their own.
    ``last_seen``: to whom they show when they were there last, and who shows it to them.
    ``profile_version`` counts the changes of what others see.
    """

    class LastSeen(models.TextChoices):
        EVERYONE = "everyone"
        CONTACTS = "contacts"
        NOBODY = "nobody"

    id = models.UUIDField(primary_key=True, default=uuid7s.uuid7, editable=False)
    username = models.CharField(max_length=USERNAME_CHARS, unique=True)
    display_name = models.CharField(max_length=NAME_CHARS)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    send_read_receipts = models.BooleanField(default=True, db_default=True)
    last_seen = models.CharField(
        max_length=8, choices=LastSeen, default=LastSeen.EVERYONE, db_default="everyone"
    )
    profile_version = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        db_table = "chat_user"
        constraints = [models.UniqueConstraint(Lower("username"), name="username_once")]
        indexes = [
            # For searches by the beginning of a name, whatever its case.
            models.Index(OpClass(Lower("username"), "text_pattern_ops"), name="user_by_username"),
            models.Index(OpClass(Lower("display_name"), "text_pattern_ops"), name="user_by_name"),
        ]

    def __str__(self) -> str:
        return self.username


class SignIn(models.Model):
    """One sign-in of a person on one device; its id is the ``sid`` of the tokens made from it.

    ``session_key`` is the key of Django's session where the sign-in has one (a browser).
    """

    id = models.UUIDField(primary_key=True, default=uuid7s.uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    renewed_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "sign_in"

    def __str__(self) -> str:
        return f"{self.user_id} {self.id}"


class ExternalIdentity(models.Model):
    """Who a person is to an issuer outside: the ``iss`` and ``sub`` of its tokens."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="external_identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "external_identity"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class UsedTicket(models.Model):
    """A one-time ticket that has opened its socket; the row goes once the ticket has ended."""

    id = models.UUIDField(primary_key=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "used_ticket"

    def __str__(self) -> str:
        return str(self.id)


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
