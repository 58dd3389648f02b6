import pytest

from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.streams import BY_PARTITION, GROUPS_OF, StreamFacts, judge_streams
from services.chat.store import STREAMS as OF_CHAT
from services.presence.store import STREAMS as OF_PRESENCE
from services.queue.store import STREAMS as OF_QUEUE
from services.receipts.store import STREAMS as OF_RECEIPTS
from tests.unit.docs import pages
from tests.unit.libs.doctor.facts import streams, worse


def test_all_streams_of_the_services_are_known_with_their_groups():
    tables = (OF_CHAT, OF_PRESENCE, OF_QUEUE, OF_RECEIPTS)
    written = {policy.name: policy.groups for table in tables for policy in table.values()}

    assert {name: frozenset(groups) for name, groups in GROUPS_OF.items()} == written


def test_those_with_partitions_are_those_that_are_documented():
    rows = pages.rows("events.md", "Streams")

    assert {row.first for row in rows if "by partition" in row["carries"]} == BY_PARTITION


def test_streams_that_everybody_reads_are_fine():
    found = [*judge_streams(streams())]

    assert worse(found) == []
    assert len(found) == 5


@pytest.mark.parametrize(
    ("changed", "check", "verdict"),
    [
        ({"silent_ms": None, "consumers": 0}, "streams.groups", Verdict.WRONG),
        ({"silent_ms": 15_001}, "streams.groups", Verdict.WRONG),
        ({"lag": 1_000}, "streams.lag", Verdict.LOOK),
        ({"stuck": 1}, "streams.pending", Verdict.LOOK),
        ({"dead_letters": 1}, "streams.dead_letters", Verdict.LOOK),
    ],
)
def test_a_group_that_is_not_well_is_named_alone(changed, check, verdict):
    found = [*judge_streams(streams(receipts_lag=changed))]

    assert worse(found) == [(check, verdict)]
    (named,) = [each for each in found if each.verdict is verdict]
    assert named.about == "receipts.lag:{0}"
    assert "queue" in named.seen
    assert "queue" in named.do or check == "streams.dead_letters"


def test_where_redis_lets_nobody_read_silence_is_nobodys_fault():
    silent = streams(receipts_lag={"silent_ms": 15_001})

    assert worse([*judge_streams(silent, can_be_read=False)]) == []


@pytest.mark.parametrize("changed", [{"silent_ms": 15_000}, {"lag": 999}, {"lag": None}])
def test_a_group_that_is_just_good_enough_is_fine(changed):
    assert worse([*judge_streams(streams(receipts_lag=changed))]) == []


def test_a_group_that_never_began_is_named():
    there = [stream for stream in streams() if stream.name != "queue.requests"]
    absent = StreamFacts(key="queue.requests:{0}", name="queue.requests", length=None, groups=())

    (first, *_) = judge_streams([*there, absent])

    assert first.verdict is Verdict.WRONG
    assert "group receipts is not there" in first.seen
    assert first.do.startswith("Start receipts")


def test_a_stream_without_groups_need_not_be_there():
    there = [stream for stream in streams() if stream.name != "chat.typing"]
    absent = StreamFacts(key="chat.typing:{0}", name="chat.typing", length=None, groups=())

    assert worse([*judge_streams([*there, absent])]) == []


def test_a_redis_in_which_nobody_was_is_no_group_that_is_missing():
    absent = [
        StreamFacts(key=each.key, name=each.name, length=None, groups=()) for each in streams()
    ]

    assert worse([*judge_streams(absent)]) == [("streams.groups", Verdict.LOOK)]


def test_a_long_stream_is_named():
    (first, *rest) = streams()
    long = StreamFacts(key=first.key, name=first.name, length=500_000, groups=first.groups)

    assert worse([*judge_streams([long, *rest])]) == [("streams.length", Verdict.LOOK)]
