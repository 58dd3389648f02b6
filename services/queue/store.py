"""What queue keeps in Redis. All of it may be lost; the database is the truth.

| key                          | type   | written by      | expiry | meaning |
|------------------------------|--------|-----------------|--------|---------|
| ``queue.deliveries:{0}``     | stream | actions, outbox | length | ``replay.offered``, ``outgoing.*``: for sessions |
| ``queue.submissions:{0}``    | stream | actions         | groups | ``messages.submitted``: messages to be sent |
| ``queue.requests:{0}``       | stream | outbox          | groups | ``lag.requested``: who may lag |
| ``chat.requests:{0}``        | stream | libs.common     | groups | ``snapshots.requested`` |

Read by the group ``queue``: ``chat.rooms:{0}``, ``chat.sessions:{0}``, ``chat.submitted:{0}`` and
``receipts.lag:{0}``.
"""

from libs.common.streams.names import StreamPolicy, stream_table

GROUP = "queue"
"""Our group on the streams that others write."""
CHAT_ROOMS = "chat.rooms"
CHAT_SESSIONS = "chat.sessions"
CHAT_SUBMITTED = "chat.submitted"
CHAT_REQUESTS = "chat.requests"
RECEIPTS_LAG = "receipts.lag"
QUEUE_DELIVERIES = "queue.deliveries"
QUEUE_SUBMISSIONS = "queue.submissions"
QUEUE_REQUESTS = "queue.requests"
CHAT = "chat"
RECEIPTS = "receipts"
"""The groups of these services on our streams."""

STREAMS = stream_table(
    StreamPolicy(QUEUE_DELIVERIES),
    StreamPolicy(QUEUE_SUBMISSIONS, groups=frozenset({CHAT})),
    StreamPolicy(QUEUE_REQUESTS, groups=frozenset({RECEIPTS})),
    StreamPolicy(CHAT_REQUESTS, groups=frozenset({CHAT})),
)
