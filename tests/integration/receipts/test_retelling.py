"""What a repair of receipts tells again, page by page, from a real database."""

import datetime as dt
import uuid
from uuid import UUID

import pytest

from libs.common.events import MemberLagging, RoomHead, WatermarksAdvanced
from libs.common.outbox.safe_point import reach, safe_point
from libs.common.streams.repair import BEGINNING
from services.receipts.actions.fold import News
from services.receipts.domain.watermarks import Claim
from services.receipts.outbox import repair
from services.receipts.outbox.repair import Retelling
from services.receipts.selectors import retold
from services.receipts.selectors.advances import advances_of
from services.receipts.store import RECEIPTS_EVENTS, RECEIPTS_LAG

ANN, BOB, CAT = sorted(str(uuid.uuid4()) for _ in range(3))
CLAIMED_AT_MS = 1
"""What the helpers of these tests claim by."""


class Streams:
    """Keeps what is published. Its Redis is well."""

    retry_after_s = 0.0

    def __init__(self):
        self.breaker = self
        self.published = []

    async def publish(self, outgoing):
        self.published += [(item.stream, event) for item in outgoing for event in item.events]

    def of(self, stream):
        return [event for name, event in self.published if name == stream]

    def advances(self):
        """Return what was told of each member, page by page, without the rest."""
        events = self.of(RECEIPTS_EVENTS)
        assert all(isinstance(event, WatermarksAdvanced) for event in events)
        return [each for event in events for each in event.advances]


@pytest.fixture
def streams():
    return Streams()


@pytest.fixture
def tell_all(streams, threads):
    async def tell_all(since=None):
        """Repair; return how many pages it took."""
        retelling = Retelling(publisher=streams, database=threads, partitions=1)
        after: str | None = BEGINNING
        pages = 0
        while after is not None:
            after = await retelling.tell(since=since, after=after)
            pages += 1
        return pages

    return tell_all


async def test_what_advanced_since_is_told_as_it_is_now(database, streams, tell_all):
    room = await database.room(ANN, BOB, CAT, head=9)
    await database.received(room, ANN, 2, read=1)
    database.rows("update advance set logged_at = now() - interval '2 hours'")
    ((since,),) = database.rows("select now()")
    await database.received(room, BOB, 4, read=3)
    await database.received(room, BOB, 5, read=3)

    await tell_all(since)

    assert [
        (each.room, each.user, each.delivered_seq, each.read_seq, each.shown_read_seq)
        for each in streams.advances()
    ] == [(room, BOB, 5, 3, 3)]
    assert [(each.at_ms, each.session) for each in streams.advances()] == [(CLAIMED_AT_MS, None)]


async def test_nobody_is_told_again_when_something_was_read_in_private(
    database, streams, tell_all, threads
):
    room = await database.room(ANN, BOB, head=9)
    await database.received(room, ANN, 4)
    await database.received(room, BOB, 4)
    ((since,),) = database.rows("select now()")
    for user, delivered in ((ANN, 4), (BOB, 5)):
        await database.received(room, user, delivered)
        claim = Claim(delivered_seq=4, read_seq=4, at_ms=2_000)
        await database.folder.fold(News(claims=[((room, user), claim)]))

    await tell_all(since)

    assert [(each.user, each.read_seq, each.is_hidden) for each in streams.advances()] == [
        (ANN, 4, True),
        (BOB, 4, False),
    ]
    assert [each.at_ms for each in streams.advances()][1] == CLAIMED_AT_MS
    left_over = await threads.run(advances_of, [(UUID(room), UUID(BOB))])
    assert [each.at_ms for each in left_over] == [CLAIMED_AT_MS]


async def test_without_a_safe_point_the_whole_log_is_told(database, streams, tell_all):
    room = await database.room(ANN, head=9)
    await database.received(room, ANN, 2)
    database.rows("update advance set logged_at = now() - interval '20 days', claimed_at = null")

    await tell_all(None)

    (advance,) = streams.advances()
    ((logged_ms,),) = database.rows(
        "select (extract(epoch from logged_at) * 1000)::bigint from advance"
    )
    assert (advance.delivered_seq, advance.at_ms) == (2, logged_ms)


async def test_pages_part_neither_one_instant_nor_leave_anybody_out(
    database, streams, tell_all, monkeypatch
):
    monkeypatch.setattr(retold, "LOGGED", 2)
    monkeypatch.setattr(repair, "LAGGARDS", 2)
    users = [str(uuid.uuid4()) for _ in range(7)]
    room = await database.room(*users, head=9)
    for user in users:
        await database.received(room, user, 3)
        database.rows("insert into laggard values (%s, %s, 3, false)", room, user)
    # Three of one instant, and then four of an instant each.
    database.rows(
        "update advance set logged_at = '2026-01-01' where user_id = any(%s::uuid[])", users[:3]
    )

    pages = await tell_all()

    assert sorted(each.user for each in streams.advances()) == sorted(users)
    lagging = [event for event in streams.of(RECEIPTS_LAG) if isinstance(event, MemberLagging)]
    assert sorted(each.user for each in lagging) == sorted(users)
    assert pages == 4 + 4  # 3, 2, 2, 0 rows of the log, and 2, 2, 2, 1 who lag


async def test_who_lags_is_told_with_the_heads_of_their_rooms(database, streams, tell_all):
    one, other = sorted([await database.room(ANN, BOB, head=5), await database.room(ANN, head=7)])
    heads = dict(database.rows("select id::text, head from room"))
    for room in (one, other):
        await database.received(room, ANN, 2)
        database.rows("insert into laggard values (%s, %s, 2, false)", room, ANN)

    await tell_all()

    assert streams.of(RECEIPTS_LAG) == [
        *[
            MemberLagging(room=room, user=ANN, delivered_seq=2, head=heads[room])
            for room in (one, other)
        ],
        *[RoomHead(room=room, head=heads[room]) for room in (one, other)],
    ]


async def test_the_safe_point_never_goes_back(database, threads):
    database.rows("delete from safe_point")
    later = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)

    assert await threads.run(safe_point) is None
    assert await threads.run(reach, later) == later
    assert await threads.run(reach, later - dt.timedelta(hours=1)) == later
    assert await threads.run(safe_point) == later
