"""Parley for Python: an asyncio client that resumes, repairs and never sends twice.

    async with await parley.sign_in("http://127.0.0.1:8000", "bot", "secret") as chat:
        async for message in chat.messages():
            await chat.send(message.room, message.content, reply_to=message.seq)

``send`` returns once the message is committed. ``messages`` yields each message once, in order in
each room, across reconnections. What goes wrong is a ``ParleyError`` with a code.
"""

from .client import Chat
from .entrances import register, sign_in, with_token
from .errors import (
    BadFrame,
    BadJson,
    ClientIdReused,
    Closed,
    CsrfFailed,
    FellBehind,
    Internal,
    NotAcknowledged,
    NotFound,
    OutboxFull,
    ParleyError,
    PermissionDenied,
    RateLimited,
    Refused,
    Timeout,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
)
from .frames import (
    Message,
    PresenceOf,
    Room,
    Typing,
    User,
    Watermark,
    Welcome,
)
from .marks import Moved, Progress
from .options import Options
from .outcomes import Sent
from .pending import Draft, Outgoing, Standing
from .shapes import Look, MessageReceipt, OwnPresence, Profile, QueueStatus
from .states import ConnectionState
from .websocket import Socket

__all__ = [
    "BadFrame",
    "BadJson",
    "Chat",
    "ClientIdReused",
    "Closed",
    "ConnectionState",
    "CsrfFailed",
    "Draft",
    "FellBehind",
    "Internal",
    "Look",
    "Message",
    "MessageReceipt",
    "Moved",
    "NotAcknowledged",
    "NotFound",
    "Options",
    "OutboxFull",
    "Outgoing",
    "OwnPresence",
    "ParleyError",
    "PermissionDenied",
    "PresenceOf",
    "Profile",
    "Progress",
    "QueueStatus",
    "RateLimited",
    "Refused",
    "Room",
    "Sent",
    "Socket",
    "Standing",
    "Timeout",
    "TooLarge",
    "Typing",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedType",
    "User",
    "Watermark",
    "Welcome",
    "register",
    "sign_in",
    "with_token",
]
