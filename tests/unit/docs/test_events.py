from typing import get_args

import msgspec

from libs.common.events import AnyEvent
from services.chat.store import STREAMS as STREAMS_OF_CHAT
from services.receipts.store import STREAMS as STREAMS_OF_RECEIPTS
from tests.unit.docs import pages

EVENTS = {str(event.__struct_config__.tag): event for event in get_args(AnyEvent)}


def test_every_event_is_documented_with_its_members():
    rows = pages.rows("events.md", "Events")

    documented = {row.first: pages.words(row["members"]) for row in rows}

    assert documented == {
        name: [field.name for field in msgspec.structs.fields(event) if field.name != "v"]
        for name, event in EVENTS.items()
    }


def test_every_stream_is_documented_and_every_documented_one_exists():
    rows = pages.rows("events.md", "Streams")

    here = {row.first for row in rows if row["state"] == pages.HERE}

    assert here == {*STREAMS_OF_CHAT, *STREAMS_OF_RECEIPTS}


def test_every_stream_has_a_writer_and_a_reader_and_says_what_it_carries():
    here = [row for row in pages.rows("events.md", "Streams") if row["state"] == pages.HERE]

    for row in here:
        assert pages.pointers(row["written by"])
        assert pages.pointers(row["read by"]) or row["read by"].startswith("planned: ")

    carried = [word for row in here for word in pages.words(row["carries"])]
    assert sorted(carried) == sorted(EVENTS)
