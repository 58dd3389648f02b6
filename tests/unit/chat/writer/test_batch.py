import datetime as dt

from libs.common.errors import BadFrame, ClientIdReused, PermissionDenied
from services.chat.domain.drafts import Draft, Stored, Written
from services.chat.writer.batch import RoomLocked, arguments, outcomes

A, B, C = (f"00000000-0000-4000-8000-00000000000{n}" for n in "abc")
SENDER = "00000000-0000-4000-8000-0000000000ff"
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EARLIER = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def draft(room, number, content="x", reply_to=None):
    client_id = f"00000000-0000-4000-8000-{number:012d}"
    return Draft(room, SENDER, client_id, content, reply_to)


def test_rooms_are_named_once_and_in_the_order_in_which_everybody_locks():
    rooms, wait, places, *_ = arguments(
        [draft(C, 1), draft(A, 2), draft(C, 3), draft(B, 4)], wait=True, published=[]
    )

    assert rooms == "{" + f"{A},{B},{C}" + "}"
    assert (wait, places) == (True, "{3,1,3,2}")


def test_contents_are_quoted_and_absent_replies_are_null():
    drafts = [draft(A, 1, 'say "hi"\\ {a,b} NULL', 7), draft(A, 2, "")]

    *_, contents, replies, published = arguments(drafts, wait=False, published=[5, 6])

    assert contents == '{"say \\"hi\\"\\\\ {a,b} NULL",""}'
    assert (replies, published) == ("{7,NULL}", "{5,6}")


def test_new_messages_are_counted_on_from_where_their_room_stood():
    drafts = [draft(B, 1), draft(A, 2), draft(B, 3)]
    answer = ([10, 0], [3, 4], [AT, AT], 99, None, None, None, None)

    results, written = outcomes(drafts, answer)

    assert results == [Stored(B, 1, AT), Stored(A, 11, AT), Stored(B, 2, AT)]
    assert isinstance(written, Written)
    assert (written.outbox_id, written.runs[0].created_at) == (99, AT)
    assert [(run.room, run.version, run.first_seq, run.drafts) for run in written.runs] == [
        (A, 3, 11, [drafts[1]]),
        (B, 4, 1, [drafts[0], drafts[2]]),
    ]


def test_each_verdict_has_its_outcome_and_leaves_no_gap():
    drafts = [draft(A, number) for number in range(1, 7)] + [draft(B, 7)]
    answer = (
        *([10, None], [1, None], [AT, None], 99),
        *([1, 3, 4, 6, 7], [1, 2, 3, 5, 4], [4, 5, None, None, None]),
        [EARLIER, EARLIER, None, None, None],
    )

    results, written = outcomes(drafts, answer)

    assert results[0] == Stored(A, 4, EARLIER, duplicate=True)
    assert results[1] == Stored(A, 11, AT)
    assert isinstance(results[2], ClientIdReused)
    assert isinstance(results[3], PermissionDenied)
    assert results[4] == Stored(A, 12, AT)
    assert isinstance(results[5], BadFrame)
    assert list(results[5].fields) == ["reply_to"]
    assert isinstance(results[6], RoomLocked)
    assert written is not None
    assert [(run.room, run.first_seq, len(run.drafts)) for run in written.runs] == [(A, 11, 2)]


def test_where_nothing_is_new_there_is_nothing_to_announce():
    answer = ([10], [1], [AT], None, [1], [1], [4], [EARLIER])

    results, written = outcomes([draft(A, 1)], answer)

    assert results == [Stored(A, 4, EARLIER, duplicate=True)]
    assert written is None
