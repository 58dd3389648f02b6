"""What presence keeps in Redis: which sessions there are. All of it may be lost: chat tells it again.

| key                                      | type   | expiry | meaning |
|------------------------------------------|--------|--------|---------|
| ``presence.processes:{0}``               | zset   | none   | the lease of each chat process: when it was heard of last (ms) |
| ``presence.process:{0}:<process>``       | hash   | none   | ``listed``: up to which ``n`` its list has superseded all else; ``ended``: when it stopped in order |
| ``presence.sessions:{0}:<process>``      | hash   | none   | its sessions: ``n``, ``active`` or ``away``, and the user, by session |
| ``presence.closed:{0}:<process>``        | hash   | 2 min  | tombstones: sessions that were closed, so that nothing older opens them again |
| ``presence.user:{0}:<user>``             | hash   | 1 h    | ``seen`` and ``active``: when they were there, and did anything, last (ms); ``aim``: what their sessions come to. Expires while they have none |
| ``presence.connections:{0}:<user>``      | hash   | none   | ``active`` or ``away``, and the process, by session |
| ``presence.online:{0}``, ``.away:{0}``   | set    | none   | who was told to be online, or away; all others were told to be offline |
| ``presence.due:{0}``                     | zset   | none   | people of whom something has yet to be told: from when on it may be (ms) |
| ``presence.unwritten:{0}``               | zset   | none   | people whose ``UserStatus`` is to be written: since when (ms) |
| ``presence.since:{0}``                   | string | none   | when these data began (ms): who is not in them may be there nevertheless, for a moment |
| ``presence.events:{0}``                  | stream | length | ``presence.changed``, ``presence.beat`` |
| ``presence.recalled:{0}``                | string | none   | the beginning of the data for which ``UserStatus`` was compared |

Written to by the publisher: ``chat.requests:{0}``. Read by the group ``presence``:
``chat.sessions:{0}``, ``chat.rooms:{0}``.

All times are Redis' own. Everything lies in one slot of a cluster, because what changes together is
changed by one script: sessions, what they come to, and the news of that.
"""

from libs.common.streams.names import StreamPolicy, stream_key, stream_table

GROUP = "presence"
"""Our group on the streams of chat."""
CHAT_SESSIONS = "chat.sessions"
CHAT_ROOMS = "chat.rooms"
CHAT_REQUESTS = "chat.requests"
PRESENCE_EVENTS = "presence.events"
CHAT = "chat"
"""Chat's group on the stream of requests."""

STREAMS = stream_table(
    StreamPolicy(PRESENCE_EVENTS),
    StreamPolicy(CHAT_REQUESTS, groups=frozenset({CHAT})),
)

PROCESSES = "presence.processes:{0}"
DUE = "presence.due:{0}"
ONLINE = "presence.online:{0}"
AWAY = "presence.away:{0}"
UNWRITTEN = "presence.unwritten:{0}"
SINCE = "presence.since:{0}"
RECALLED = "presence.recalled:{0}"
USER = "presence.user:{0}:"
CONNECTIONS = "presence.connections:{0}:"
SESSIONS = "presence.sessions:{0}:"
EVENTS_KEY = stream_key(PRESENCE_EVENTS)
