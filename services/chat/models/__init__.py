"""What chat keeps in PostgreSQL: people, rooms, members, messages, sign-ins, news, who did what."""

from services.chat.models.audit import AuditEntry
from services.chat.models.news import Outbox, SafePoint
from services.chat.models.people import (
    NAME_CHARS,
    USERNAME_CHARS,
    Avatar,
    ExternalIdentity,
    SignIn,
    UsedTicket,
    User,
    UserManager,
)
from services.chat.models.rooms import Member, Message, Room, RoomMarks

__all__ = [
    "NAME_CHARS",
    "USERNAME_CHARS",
    "AuditEntry",
    "Avatar",
    "ExternalIdentity",
    "Member",
    "Message",
    "Outbox",
    "Room",
    "RoomMarks",
    "SafePoint",
    "SignIn",
    "UsedTicket",
    "User",
    "UserManager",
]
