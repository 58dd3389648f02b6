"""What the news of others cost a process: entries of the tail for rooms in which nobody is here.

They are written all at once, so that reads are full: what is left is the entry itself, without the
waking up that it shares with others where there is much to read.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
import redis

from benchmarks import stacks
from benchmarks.measure.metrics import counted
from benchmarks.measure.processes import cpu_seconds
from dev.harness import RunningSuite, wait_until
from libs.common.events import (
    Advance,
    AnyEvent,
    MessageCreated,
    MessageFrame,
    TypingChanged,
    TypingNews,
    WatermarksAdvanced,
    encode,
)
from libs.common.streams.names import stream_key

ENTRIES = 20_000
PIPELINED = 500
TEXT = "How are you today? How are you today? Ho"
AT_MS = 1_700_000_000_000
WITHIN_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one event of a stream costs each process, read in an entry of its own."""

    name: str
    entry_bytes: int
    cpu_us: Sequence[float]


def readings(*, entries: int = ENTRIES) -> Iterator[Reading]:
    """Write many entries of each kind, and measure what they cost two processes of chat."""
    with (
        tempfile.TemporaryDirectory(prefix="parley-scaling-") as folder,
        stacks.parley(Path(folder), chat_processes=2) as suite,
    ):
        yield _reading(suite, "a message", "chat.events", _message(), entries)
        yield _reading(suite, "a receipt", "receipts.events", _receipt(), entries)
        yield _reading(suite, "a keystroke", "chat.typing", _keystroke(), entries)


def _reading(suite: RunningSuite, name: str, stream: str, event: AnyEvent, entries: int) -> Reading:
    series = f'parley_tail_entries_total{{stream="{stream}"}}'
    watched = [(str(number), each.pid) for number, each in enumerate(suite.state.of("chat"))]
    entry = encode([event])
    read, before = counted(suite.state, "chat", series), cpu_seconds(watched)
    with closing(redis.Redis.from_url(suite.state.redis_url)) as client:
        for _ in range(0, entries, PIPELINED):
            pipeline = client.pipeline(transaction=False)
            for _ in range(PIPELINED):
                pipeline.xadd(stream_key(stream), {"e": entry})
            pipeline.execute()

    def all_read() -> bool:
        now = counted(suite.state, "chat", series)
        return all(each - first >= entries for each, first in zip(now, read, strict=True))

    wait_until(all_read, within_s=WITHIN_S, what=f"{entries} entries of {stream} to be read")
    used = cpu_seconds(watched)
    return Reading(
        name=name,
        entry_bytes=len(entry),
        cpu_us=[1e6 * (used[each] - before[each]) / entries for each, _ in watched],
    )


def _message() -> MessageCreated:
    room, sender = str(uuid4()), str(uuid4())
    frame = {
        "type": "message",
        "id": f"{room}.1",
        "room": room,
        "seq": 1,
        "sender": sender,
        "client_id": str(uuid4()),
        "content": TEXT,
        "reply_to": None,
        "created_at": "2026-01-01T12:00:00.000Z",
    }
    raw = msgspec.Raw(msgspec.json.encode(frame))
    frames = [MessageFrame(seq=1, sender=sender, frame=raw)]
    return MessageCreated(room=room, first_seq=1, last_seq=1, room_version=1, frames=frames)


def _receipt() -> WatermarksAdvanced:
    advance = Advance(str(uuid4()), str(uuid4()), 1, 1, 1, AT_MS, session=str(uuid4()))
    return WatermarksAdvanced(advances=[advance])


def _keystroke() -> TypingChanged:
    room, user, session = (str(uuid4()) for _ in range(3))
    return TypingChanged(news=[TypingNews(room, user, session, is_typing=True)])
