"""What tests ask of Redis, and do to it, as its client."""

from contextlib import closing
from pathlib import Path

from redis import Redis

from libs.common.events import MessageCreated, ReceiptsReported
from libs.common.streams.entries import read_entries, unpack

CHAT_EVENTS = "chat.events:{0}"
CHAT_RECEIPTS = "chat.receipts:{0}"


def wipe(url: str) -> None:
    """Forget everything (FLUSHALL); no connection breaks."""
    with closing(Redis.from_url(url)) as client:
        client.flushall()


def files_of(url: str) -> Path:
    """Return the folder in which Redis keeps what it would remember after its end."""
    with closing(Redis.from_url(url, decode_responses=True)) as client:
        found = client.config_get("dir", "appenddirname")
    return Path(str(found["dir"]), str(found["appenddirname"]))


def held(url: str, stream: str, group: str) -> dict[str, int]:
    """Return how many entries each consumer of a group has in hand."""
    with closing(Redis.from_url(url, decode_responses=True)) as client:
        found = client.xpending(stream, group)
    return {str(each["name"]): int(each["pending"]) for each in found["consumers"]}


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


def claimed(url: str, room: str, user: str) -> int:
    """Return up to where a member's claims on the stream say that they have read a room."""
    with closing(Redis.from_url(url)) as client:
        entries = [unpack(raw) for raw in read_entries(client.xrange(CHAT_RECEIPTS))]
    return max(
        (
            receipt.read_seq
            for entry in entries
            for event in entry.events
            if isinstance(event, ReceiptsReported)
            for receipt in event.receipts
            if (receipt.room, receipt.user) == (room, user)
        ),
        default=0,
    )


def refuse_writes(url: str, *, refuse: bool) -> None:
    """Let Redis say that it is full to every write, while it can be read; or end that."""
    with closing(Redis.from_url(url)) as client:
        client.config_set("maxmemory", 1 if refuse else 0)
