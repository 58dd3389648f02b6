import re
from typing import get_args

import msgspec
import pytest

from libs.common.doctor.asking.redis import KEY as KEY_OF_DOCTOR
from libs.common.events import AnyEvent
from services.chat.store import STREAMS as STREAMS_OF_CHAT
from services.presence.store import STREAMS as STREAMS_OF_PRESENCE
from services.queue.store import STREAMS as STREAMS_OF_QUEUE
from services.receipts.store import STREAMS as STREAMS_OF_RECEIPTS
from tests.unit.docs import pages

EVENTS = {str(event.__struct_config__.tag): event for event in get_args(AnyEvent)}
SERVICES = pages.ROOT / "services"
KEY = re.compile(r"""["']([a-z.]+:\{0\}[:\w]*)["']""")
WRITTEN_BY = {
    "chat": STREAMS_OF_CHAT,
    "presence": STREAMS_OF_PRESENCE,
    "queue": STREAMS_OF_QUEUE,
    "receipts": STREAMS_OF_RECEIPTS,
}
POLICIES = [
    pytest.param(service, policy, id=f"{policy.name} of {service}")
    for service, table in WRITTEN_BY.items()
    for policy in table.values()
]


def streams():
    return pages.rows("events.md", "Streams")


def test_every_event_is_documented_with_its_members():
    rows = pages.rows("events.md", "Events")

    documented = {row.first: pages.words(row["members"]) for row in rows}

    assert documented == {
        name: [field.name for field in msgspec.structs.fields(event) if field.name != "v"]
        for name, event in EVENTS.items()
    }


def test_every_key_is_documented_and_every_documented_one_is_used():
    sources = [*SERVICES.rglob("*.py"), *SERVICES.rglob("*.lua")]
    documented = {
        re.sub(r"<\w+>$", "", key)
        for row in pages.rows("events.md", "Keys in Redis")
        for key in pages.words(row["key"])
        if "{0}" in key
    }

    used = {key for path in sources for key in KEY.findall(path.read_text())}

    assert documented == used | {KEY_OF_DOCTOR}


def test_every_stream_is_documented_and_every_documented_one_exists():
    documented = {row.first for row in streams()}

    assert documented == {name for table in WRITTEN_BY.values() for name in table}


def test_every_stream_has_a_writer_and_a_reader_and_says_what_it_carries():
    for row in streams():
        assert pages.pointers(row["written by"])
        assert pages.pointers(row["read by"])

    carried = [word for row in streams() for word in pages.words(row["carries"])]
    assert sorted(carried) == sorted(EVENTS)


@pytest.mark.parametrize(("service", "policy"), POLICIES)
def test_a_stream_names_each_service_that_writes_it_and_each_group_that_reads_it(service, policy):
    (row,) = [row for row in streams() if row.first == policy.name]
    length = f"{policy.max_len:,}".replace(",", " ")

    assert re.search(rf"(^|; ){service}: `", row["written by"])
    assert set(re.findall(r"group `(\w+)`", row["read by"])) == policy.groups
    assert row["kept"] == ("until acknowledged" if policy.groups else f"about {length} entries")
