import msgspec
import pytest

from libs.common import events
from libs.common.events import UserChanged, UserRevoked
from libs.common.streams.entries import (
    RawEntry,
    StreamId,
    pack,
    read_entries,
    unpack,
    unpack_known,
)
from libs.common.streams.names import (
    StreamPolicy,
    dead_letter_key,
    partition_of,
    split_key,
    stream_key,
    stream_table,
)
from libs.common.streams.trimming import Limits, trim_below
from libs.common.streams.verdicts import CLAIM_AFTER_MS, MAX_FAILURES, Verdict, judge_pending

LIMITS = Limits(keep_ms=1_000, hard_ms=10_000)


def raw(packed: bytes) -> RawEntry:
    return RawEntry(StreamId(1), {b"e": packed})


def test_a_key_carries_its_partition_as_the_hash_tag():
    assert stream_key("chat.events") == "chat.events:{0}"
    assert stream_key("chat.events", 3) == "chat.events:{3}"
    assert split_key("chat.events:{3}") == ("chat.events", "3")
    assert dead_letter_key("chat.events:{3}", "receipts") == "chat.events:{3}:dead:receipts"


def test_the_partition_of_a_room_is_the_crc32_of_its_id():
    assert partition_of("01890a5d-ac96-774b-bcce-b302099a8057", 1) == 0
    assert partition_of("123456789", 1 << 32) == 0xCBF43926  # the check value of CRC-32


def test_only_a_stream_without_groups_is_bounded_when_written():
    assert StreamPolicy("a").max_len_on_add == 10_000
    assert StreamPolicy("a", groups=frozenset({"g"})).max_len_on_add is None


def test_a_stream_cannot_have_two_policies():
    with pytest.raises(ValueError, match="twice"):
        stream_table(StreamPolicy("a"), StreamPolicy("a", max_len=1))


def test_ids_are_ordered_as_numbers():
    assert StreamId.parse(b"9-0") < StreamId.parse("10-0") < StreamId.parse("10-2")
    assert str(StreamId.parse(b"10-2")) == "10-2"
    assert StreamId.parse("10") == StreamId(10, 0)


def test_a_deleted_entry_has_no_fields():
    assert read_entries([(b"1-0", None), (b"2-0", {})]) == [
        RawEntry(StreamId(1), {}),
        RawEntry(StreamId(2), {}),
    ]


def test_one_event_above_the_limit_has_an_entry_of_its_own():
    small = UserRevoked(user="1")
    large = UserRevoked(user="1" * 500)

    packed = list(pack([small, large, small, small], max_bytes=200))

    assert [events.decode(part) for part in packed] == [[small], [large], [small, small]]


def test_no_events_need_no_entry():
    assert list(pack([])) == []


def test_an_entry_without_events_is_garbage():
    with pytest.raises(msgspec.DecodeError):
        unpack(RawEntry(StreamId(1), {b"other": b"[]"}))


def test_what_a_newer_writer_says_does_not_hide_what_is_known():
    known = UserChanged(user="1", username="ada", display_name="Ada")
    packed = b'[{"type":"from.the.future"},' + events.encode_one(known) + b"]"

    entry, unknown = unpack_known(raw(packed))

    assert entry.events == [known]
    assert unknown == 1


@pytest.mark.parametrize("packed", [b"", b"{}", b"\xff", b"null"])
def test_garbage_counts_as_one_unknown_event(packed):
    entry, unknown = unpack_known(raw(packed))

    assert entry.events == []
    assert unknown == 1


@pytest.mark.parametrize(
    ("idle_ms", "failures", "verdict"),
    [
        (CLAIM_AFTER_MS - 1, 0, Verdict.WAIT),
        (CLAIM_AFTER_MS - 1, MAX_FAILURES, Verdict.WAIT),
        (CLAIM_AFTER_MS, MAX_FAILURES - 1, Verdict.RETRY),
        (CLAIM_AFTER_MS, MAX_FAILURES, Verdict.BURY),
    ],
)
def test_an_entry_is_left_to_its_holder_then_retried_then_buried(idle_ms, failures, verdict):
    assert judge_pending(idle_ms=idle_ms, failures=failures) is verdict


@pytest.mark.parametrize(
    ("done_below", "expected"),
    [
        ([], 99_000),  # kept for readers that are late
        ([StreamId(99_500)], 99_000),
        ([StreamId(95_000), StreamId(99_500)], 95_000),  # the slowest group
        ([StreamId(5_000)], 90_000),  # the hard limit
        ([StreamId(0)], 90_000),
    ],
)
def test_entries_go_when_all_have_them_but_neither_too_early_nor_too_late(done_below, expected):
    below = trim_below(now_ms=100_000, done_below=done_below, limits=LIMITS)

    assert below == StreamId(expected)
