"""Entries that cannot be handled: they are buried, alone, and hold nothing else up."""

import time

import msgspec
import pytest

from libs.common.events import Receipt, ReceiptsReported, encode
from libs.common.streams.entries import FIELD
from libs.common.streams.names import stream_key
from services.receipts.store import CHAT_RECEIPTS, GROUP
from tests.integration.receipts.chats_streams import chats_streams, new_ids, until

ROOM, USER = new_ids(2)
NOW_MS = time.time_ns() // 1_000_000
GOOD = Receipt(ROOM, USER, 1, 1, NOW_MS)
GUILTY = 913_271
"""A seq that no test of the world has, but what guilty entries claim."""


def reported(*receipts):
    return {FIELD: encode([ReceiptsReported(receipts=list(receipts))])}


def as_written(receipt):
    """Return an entry of one receipt that no type has checked."""
    event = {"type": "receipts.reported", "receipts": [receipt]}
    return {FIELD: msgspec.json.encode([event])}


BAD = {
    "no field": {b"x": b"[]"},
    "no JSON": {FIELD: b"[{"},
    "unknown event": {FIELD: b'[{"type":"receipts.invented"}]'},
    "text for a seq": as_written([ROOM, USER, "5", 5, NOW_MS]),
    "a part of a seq": as_written([ROOM, USER, 5.5, 5, NOW_MS]),
    "null for a room": as_written([None, USER, 5, 5, NOW_MS]),
    "too short": as_written([ROOM, USER]),
    "no uuid": reported(GOOD, Receipt("room", USER, GUILTY, GUILTY, NOW_MS)),
    "two uuids": reported(GOOD, Receipt(ROOM, ",".join(new_ids(2)), GUILTY, GUILTY, NOW_MS)),
    "two rooms": reported(
        Receipt(",".join(new_ids(2)), ",".join(new_ids(2)), GUILTY, GUILTY, NOW_MS)
    ),
    "nobody": reported(Receipt(ROOM, "", GUILTY, GUILTY, NOW_MS)),
    "null by name": reported(Receipt(ROOM, "NULL", GUILTY, GUILTY, NOW_MS)),
    "braces": reported(Receipt(ROOM, "{" + new_ids(1)[0] + "}", GUILTY, GUILTY, NOW_MS)),
    "NUL": reported(Receipt(ROOM, "\0", GUILTY, GUILTY, NOW_MS)),
    "beyond 64 bits": as_written([ROOM, USER, 2**63, 5, NOW_MS]),
    "far beyond": as_written([ROOM, USER, 10**30, 5, NOW_MS]),
    "beyond all time": reported(Receipt(ROOM, USER, GUILTY, GUILTY, 9 * 10**18)),
    "before all time": reported(Receipt(ROOM, USER, GUILTY, GUILTY, -9 * 10**18)),
}


@pytest.fixture
def streams(world):
    with chats_streams(world) as streams:
        yield streams
        streams.forget_all()


@pytest.mark.promise(number=7)
async def test_only_guilty_entries_are_buried_and_all_others_handled(world, streams):
    rooms, (user,) = new_ids(len(BAD)), new_ids(1)

    for room, bad in zip(rooms, BAD.values(), strict=True):
        streams.raw(CHAT_RECEIPTS, bad)
        streams.receipts(Receipt(room, user, 5, 4, NOW_MS), Receipt(room, user, -5, -9, NOW_MS))

    for room in rooms:
        await streams.until_marks(room, user, (5, 4, 4))
    await until(
        lambda: len(streams.buried(CHAT_RECEIPTS)),
        lambda count: count >= len(BAD),
    )
    buried = [
        {key: value for key, value in fields.items() if key.startswith(b"original:")}
        for fields in streams.buried(CHAT_RECEIPTS)
    ]
    wanted = [{b"original:" + key: value for key, value in bad.items()} for bad in BAD.values()]
    assert sorted(buried, key=repr) == sorted(wanted, key=repr)
    # Nothing of a guilty entry was done, and what came behind it was not mistaken for another's.
    claimed = "select 1 from watermark where delivered_seq = %s"
    assert world.receipts_rows(claimed, GUILTY) == []
    assert streams.marks(ROOM, USER) == (0, 0, 0)
    assert streams.redis.xpending(stream_key(CHAT_RECEIPTS), GROUP)["pending"] == 0
