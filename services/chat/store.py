"""What chat keeps in Redis. All of it may be lost; the database is the truth.

| key                             | type   | written by | expiry | meaning |
|---------------------------------|--------|------------|--------|---------|
| ``chat.events:{P}``             | stream | outbox     | groups | ``message.created``: new messages, as frames |
| ``chat.rooms:{0}``              | stream | outbox     | groups | ``room.*``, ``user.*``: low volume |
| ``chat.receipts:{P}``           | stream | outbox     | groups | ``receipts.reported``: claims of members |
| ``chat.sessions:{0}``           | stream | outbox     | groups | ``sessions.*``, ``process.*``, ``presence.requested`` |
| ``chat.typing:{P}``             | stream | outbox     | length | ``typing.changed`` |
| ``chat.submitted:{0}``          | stream | subscribers | groups | ``submissions.settled`` |
| ``parley:epoch``                | string | anyone     | none   | the life that these data have |
| ``chat.snapshots:{0}:lease``    | string | outbox     | 10 s   | which process repairs the epoch |
| ``chat.snapshots:{0}:progress`` | hash   | outbox     | none   | how far: ``epoch``, ``since``, ``after``, ``done``, ``wishes`` |
| ``chat.snapshots:{0}:wishes``   | hash   | outbox     | none   | repairs asked for: since when, by request |
| ``chat.allowances:{0}:<user>``  | string | consumers, api | when full | a person's bucket of messages: when it will be full again |

Read, and written by others: ``receipts.events:{P}`` (by tail, and by group into the projection of
the watermarks), ``presence.events:{0}`` and ``queue.deliveries:{0}`` (by tail), ``chat.requests:{0}``
and ``queue.submissions:{0}`` (by group).

``P`` is the partition of a room: crc32 of its id modulo the number of partitions.
"""

from libs.common.streams.names import StreamPolicy, stream_table
from libs.common.streams.repair import RepairKeys

CHAT_EVENTS = "chat.events"
CHAT_ROOMS = "chat.rooms"
CHAT_RECEIPTS = "chat.receipts"
CHAT_REQUESTS = "chat.requests"
CHAT_SESSIONS = "chat.sessions"
CHAT_SUBMITTED = "chat.submitted"
CHAT_TYPING = "chat.typing"
PRESENCE_EVENTS = "presence.events"
QUEUE_DELIVERIES = "queue.deliveries"
QUEUE_SUBMISSIONS = "queue.submissions"
RECEIPTS_EVENTS = "receipts.events"
GROUP = "chat"
"""Chat's own group on the streams that others write."""
RECEIPTS = "receipts"
PRESENCE = "presence"
QUEUE = "queue"
"""The groups of these services on ours."""
MESSAGE_ALLOWANCES = "chat.allowances:{0}:"
"""What the keys of people's buckets begin with."""
TYPING_LEN = 1_000
"""Entries kept, about, of ``chat.typing``: nobody wants to know who typed a minute ago."""
SNAPSHOTS = RepairKeys(
    lease="chat.snapshots:{0}:lease",
    note="chat.snapshots:{0}:progress",
    wishes="chat.snapshots:{0}:wishes",
)

STREAMS = stream_table(
    StreamPolicy(CHAT_EVENTS, groups=frozenset({RECEIPTS})),
    StreamPolicy(CHAT_ROOMS, groups=frozenset({PRESENCE, QUEUE, RECEIPTS})),
    StreamPolicy(CHAT_RECEIPTS, groups=frozenset({RECEIPTS})),
    StreamPolicy(CHAT_SESSIONS, groups=frozenset({PRESENCE, QUEUE})),
    StreamPolicy(CHAT_SUBMITTED, groups=frozenset({QUEUE})),
    StreamPolicy(CHAT_TYPING, max_len=TYPING_LEN),
)
