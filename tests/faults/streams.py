"""What tests ask of Redis, and do to it, as its client."""

from contextlib import closing

from redis import Redis

from libs.common.events import MessageCreated
from libs.common.streams.entries import read_entries, unpack

CHAT_EVENTS = "chat.events:{0}"


def wipe(url: str) -> None:
    """Forget everything (FLUSHALL); no connection breaks."""
    with closing(Redis.from_url(url)) as client:
        client.flushall()


def cut_connections(url: str) -> None:
    """End all connections of others; a read that waits there for news gets none any more."""
    with closing(Redis.from_url(url)) as client:
        client.client_kill_filter(_type="normal", skipme=True)


def published(url: str, room: str) -> set[int]:
    """Return the seqs of a room that stand on the stream."""
    with closing(Redis.from_url(url)) as client:
        entries = [unpack(raw) for raw in read_entries(client.xrange(CHAT_EVENTS))]
    return {
        frame.seq
        for entry in entries
        for event in entry.events
        if isinstance(event, MessageCreated) and event.room == room
        for frame in event.frames
    }


def refuse_writes(url: str, *, refuse: bool) -> None:
    """Let Redis say that it is full to every write, while it can be read; or end that."""
    with closing(Redis.from_url(url)) as client:
        client.config_set("maxmemory", 1 if refuse else 0)
