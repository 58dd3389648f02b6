"""What chat keeps in Redis. All of it may be lost; the database is the truth.

| key                             | type   | written by | expiry | meaning |
|---------------------------------|--------|------------|--------|---------|
| ``chat.events:{P}``             | stream | outbox     | length | ``message.created``: new messages, as frames |
| ``chat.rooms:{0}``              | stream | outbox     | length | ``room.*``, ``user.*``: low volume |
| ``parley:epoch``                | string | anyone     | none   | the life that these data have |
| ``chat.snapshots:{0}:lease``    | string | outbox     | 10 s   | which process repairs the epoch |
| ``chat.snapshots:{0}:progress`` | hash   | outbox     | none   | how far: ``epoch``, ``after``, ``done`` |

``P`` is the partition of a room: crc32 of its id modulo the number of partitions.
"""

from libs.common.streams.names import StreamPolicy, stream_table

CHAT_EVENTS = "chat.events"
CHAT_ROOMS = "chat.rooms"
SNAPSHOTS_LEASE = "chat.snapshots:{0}:lease"
SNAPSHOTS_NOTE = "chat.snapshots:{0}:progress"

STREAMS = stream_table(StreamPolicy(CHAT_EVENTS), StreamPolicy(CHAT_ROOMS))
