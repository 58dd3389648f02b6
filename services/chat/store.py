"""What chat keeps in Redis. All of it may be lost; the database is the truth.

| key                             | type   | written by | expiry | meaning |
|---------------------------------|--------|------------|--------|---------|
| ``chat.events:{P}``             | stream | outbox     | length | ``message.created``: new messages, as frames |
| ``chat.rooms:{0}``              | stream | outbox     | length | ``room.*``, ``user.*``: low volume |
| ``chat.receipts:{P}``           | stream | outbox     | groups | ``receipts.reported``: claims of members |
| ``parley:epoch``                | string | anyone     | none   | the life that these data have |
| ``chat.snapshots:{0}:lease``    | string | outbox     | 10 s   | which process repairs the epoch |
| ``chat.snapshots:{0}:progress`` | hash   | outbox     | none   | how far: ``epoch``, ``after``, ``done`` |

Read, and written by others: ``receipts.events:{P}`` (by tail, and by group into the projection of
the watermarks) and ``chat.requests:{0}`` (by group).

``P`` is the partition of a room: crc32 of its id modulo the number of partitions.
"""

from libs.common.streams.names import StreamPolicy, stream_table

CHAT_EVENTS = "chat.events"
CHAT_ROOMS = "chat.rooms"
CHAT_RECEIPTS = "chat.receipts"
CHAT_REQUESTS = "chat.requests"
RECEIPTS_EVENTS = "receipts.events"
GROUP = "chat"
"""Chat's own group on the streams that others write."""
RECEIPTS = "receipts"
"""The group of the receipts service on ours."""
SNAPSHOTS_LEASE = "chat.snapshots:{0}:lease"
SNAPSHOTS_NOTE = "chat.snapshots:{0}:progress"

STREAMS = stream_table(
    StreamPolicy(CHAT_EVENTS),
    StreamPolicy(CHAT_ROOMS),
    StreamPolicy(CHAT_RECEIPTS, groups=frozenset({RECEIPTS})),
)
