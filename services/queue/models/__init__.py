"""What queue keeps in PostgreSQL: what waits, who is connected, who is in which room, whom to push to.

People and rooms are ids here, without foreign keys: they live in chat's database, and news of them
may come in any order.
"""

from services.queue.models.waiting import (
    MAX_RETRIES,
    ChatProcess,
    ChatSession,
    Ending,
    Expired,
    HeadMark,
    Member,
    Outbox,
    QueuedMessage,
    QueueType,
    Room,
)
from services.queue.models.web_push import EndedSignIn, PushSubscription, WebPush

__all__ = [
    "MAX_RETRIES",
    "ChatProcess",
    "ChatSession",
    "EndedSignIn",
    "Ending",
    "Expired",
    "HeadMark",
    "Member",
    "Outbox",
    "PushSubscription",
    "QueueType",
    "QueuedMessage",
    "Room",
    "WebPush",
]
