"""What receipts keeps in Redis. All of it may be lost; the database is the truth.

| key                                | type   | written by | expiry | meaning |
|------------------------------------|--------|------------|--------|---------|
| ``receipts.events:{P}``            | stream | outbox     | groups | ``watermarks.advanced`` |
| ``receipts.lag:{0}``               | stream | outbox     | groups | ``member.*``, ``room.head``: who has not received everything |
| ``chat.requests:{0}``              | stream | outbox     | groups | ``snapshots.requested`` |
| ``receipts.repair:{0}:lease``      | string | outbox     | 10 s   | which process repairs the epoch |
| ``receipts.repair:{0}:progress``   | hash   | outbox     | none   | how far: ``epoch``, ``since``, ``after``, ``done``, ``wishes`` |
| ``receipts.repair:{0}:wishes``     | hash   | outbox     | none   | repairs that are wanted: since when, by name |
| ``receipts.reconcile:{0}:lease``   | string | actions    | 1 h    | which process reconciled last, or does so: none other does within the hour |
| ``receipts.reconcile:{0}:found``   | hash   | actions    | none   | what it found: ``drift`` by kind, ``ended_s`` |

Read by the group ``receipts``: ``chat.receipts:{P}``, ``chat.events:{P}``, ``chat.rooms:{0}`` and
``queue.requests:{0}``.

``P`` is the partition of a room: crc32 of its id modulo the number of partitions.
"""

from libs.common.streams.names import StreamPolicy, stream_table
from libs.common.streams.repair import RepairKeys

GROUP = "receipts"
"""Our group on the streams of chat."""
CHAT_EVENTS = "chat.events"
CHAT_RECEIPTS = "chat.receipts"
CHAT_ROOMS = "chat.rooms"
CHAT_REQUESTS = "chat.requests"
QUEUE_REQUESTS = "queue.requests"
RECEIPTS_EVENTS = "receipts.events"
RECEIPTS_LAG = "receipts.lag"
REPAIR = RepairKeys(
    lease="receipts.repair:{0}:lease",
    note="receipts.repair:{0}:progress",
    wishes="receipts.repair:{0}:wishes",
)
RECONCILE_LEASE = "receipts.reconcile:{0}:lease"
RECONCILE_NOTE = "receipts.reconcile:{0}:found"
CHAT = "chat"
QUEUE = "queue"
"""The groups of these services on our streams."""

STREAMS = stream_table(
    StreamPolicy(RECEIPTS_EVENTS, groups=frozenset({CHAT})),
    StreamPolicy(RECEIPTS_LAG, groups=frozenset({QUEUE})),
    StreamPolicy(CHAT_REQUESTS, groups=frozenset({CHAT})),
)
