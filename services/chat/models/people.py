"""People, who they are elsewhere, and where they are signed in."""

from typing import ClassVar

import uuid_utils.compat as uuid7s
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import OpClass
from django.db import models, transaction
from django.db.models.functions import Lower, Now

from services.chat.domain.pictures import VERSION_CHARS
from services.chat.models.audit import AuditEntry

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
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            AuditEntry.objects.using(self._db).create(
                action=AuditEntry.Action.REGISTERED, subject_id=user.id, details={"staff": True}
            )
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. ``is_active=False`` is a deactivated one: no sign-in, no open session.

    ``send_read_receipts=False``: what they read from then on is nobody's business but their own.
    ``last_seen``: to whom they show when they were there last, and who shows it to them.
    ``avatar_version``: which picture of them there is, empty for none; the picture is an ``Avatar``.
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
    avatar_version = models.CharField(
        max_length=VERSION_CHARS, blank=True, default="", db_default=""
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


class Avatar(models.Model):
    """The picture of a person, apart from them: whoever reads a person reads no picture.

    ``version`` is their ``avatar_version``, and changes in the same transaction.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    version = models.CharField(max_length=VERSION_CHARS)
    content = models.BinaryField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "avatar"
        indexes = [models.Index(fields=["changed_at", "user"], name="avatar_by_time")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.version}"


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
        verbose_name = "sign-in"

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
