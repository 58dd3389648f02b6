"""``fold_receipts`` does what the rule says, whatever order news come in, and logs how it came to it."""

import asyncio
import itertools
import uuid
from contextlib import closing

import psycopg2
import pytest
from hypothesis import given, settings, strategies as st

from libs.common.clock import SystemClock
from libs.common.events import Advance
from services.receipts.actions.fold import Folder, News, Own
from services.receipts.domain.watermarks import Claim, Watermarks, rising

ROOMS, USERS, TOP = 2, 2, 9
MEMBERS = list(itertools.product(range(ROOMS), range(USERS)))

SEQS = st.integers(0, TOP)
CLAIMS = st.builds(
    lambda member, seqs, private, at_ms: (
        member,
        Claim(
            delivered_seq=max(seqs),
            read_seq=min(seqs),
            shown_read_seq=0 if private else min(seqs),
            at_ms=at_ms,
        ),
    ),
    st.sampled_from(MEMBERS),
    st.tuples(SEQS, SEQS),
    st.booleans(),
    st.integers(1_000, 9_000),
)
OWN = st.dictionaries(
    st.sampled_from(MEMBERS),
    st.builds(
        lambda seqs, private: Own(seqs=seqs, private=private & set(seqs)),
        st.lists(st.integers(1, TOP), min_size=1, max_size=3),
        st.sets(st.integers(1, TOP)),
    ),
)
BATCHES = st.lists(st.tuples(st.lists(CLAIMS, max_size=5), OWN), min_size=1, max_size=4)


class Database:
    """The service's own database, in which each example has rooms and users of its own."""

    def __init__(self, url):
        self.told: list[Advance] = []
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self.folders = [
            Folder(
                dsn=url,
                clock=SystemClock(),
                on_advanced=lambda row, advances: self.told.extend(advances),
                take_published=list,
                put_back_published=lambda rows: None,
            )
            for _ in range(2)
        ]

    def close(self):
        self._connection.close()
        for folder in self.folders:
            folder.close()

    def rows(self, sql, *parameters):
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()


class Names:
    """The ids of one example's rooms and users."""

    def __init__(self):
        self.rooms = [str(uuid.uuid4()) for _ in range(ROOMS)]
        self.users = [str(uuid.uuid4()) for _ in range(USERS)]

    def pair(self, member):
        return self.rooms[member[0]], self.users[member[1]]

    def news(self, batch):
        claims, own = batch
        return News(
            claims=[(self.pair(member), claim) for member, claim in claims],
            own={self.pair(member): written for member, written in own.items()},
        )


def expected(batches):
    """Return the watermarks by the rule alone, and the heads."""
    marks: dict[tuple[int, int], Watermarks] = {}
    own: dict[tuple[int, int], set[int]] = {}
    private: dict[tuple[int, int], set[int]] = {}
    heads: dict[int, int] = {}
    for claims, written in batches:
        for member, steps in rising(claims).items():
            for claim in steps:
                marks[member] = marks.get(member, Watermarks()).after(claim)
            heads[member[0]] = max(heads.get(member[0], 0), steps[-1].delivered_seq if steps else 0)
        for member, each in written.items():
            own.setdefault(member, set()).update(each.seqs)
            private.setdefault(member, set()).update(each.private)
            heads[member[0]] = max([heads.get(member[0], 0), *each.seqs])
        for member in marks.keys() | own.keys():
            marks[member] = marks.get(member, Watermarks()).past_own(
                own.get(member, set()), private.get(member, set())
            )
    return {member: found for member, found in marks.items() if found != Watermarks()}, heads


@pytest.fixture(scope="module")
def database(world):
    with closing(Database(world.receipts_database_url)) as database:
        yield database


def stored(database, names):
    """Return the watermarks of an example, and the heads."""
    places = {names.pair(member): member for member in MEMBERS}
    marks = {
        places[room, user]: Watermarks(delivered_seq=d, read_seq=r, shown_read_seq=s)
        for room, user, d, r, s in database.rows(
            "select room_id::text, user_id::text, delivered_seq, read_seq, shown_read_seq"
            " from watermark where room_id = any (%s::uuid[]) and delivered_seq > 0",
            names.rooms,
        )
    }
    heads = {
        names.rooms.index(room): head
        for room, head in database.rows(
            "select id::text, head from room where id = any (%s::uuid[]) and head > 0", names.rooms
        )
    }
    return marks, heads


def logged(database, pair):
    return database.rows(
        "select delivered_from, delivered_seq, read_from, read_seq, shown_from, shown_read_seq"
        " from advance where room_id = %s and user_id = %s"
        " order by delivered_seq, read_seq, shown_read_seq",
        *pair,
    )


@given(BATCHES)
@settings(max_examples=150, deadline=None)
def test_any_batches_bring_the_watermarks_to_where_the_rule_does(database, loop, batches):
    names = Names()

    for batch in batches:
        loop.run(database.folders[0].fold(names.news(batch)))

    marks, heads = expected(batches)
    assert stored(database, names) == (marks, {room: at for room, at in heads.items() if at})
    for member, reached in marks.items():
        log = logged(database, names.pair(member))
        for column, top in enumerate(
            (reached.delivered_seq, reached.read_seq, reached.shown_read_seq)
        ):
            steps = [(row[2 * column], row[2 * column + 1]) for row in log]
            assert [0, *(to for _, to in steps)] == [*(start for start, _ in steps), top]


@pytest.mark.promise(number=5)
@given(BATCHES, st.data())
@settings(max_examples=100, deadline=None)
def test_replayed_and_reordered_by_two_replicas_they_come_to_the_same(
    database, loop, batches, data
):
    names = Names()
    database.told.clear()
    again = data.draw(st.permutations(batches + data.draw(st.lists(st.sampled_from(batches)))))

    async def fold_all():
        await asyncio.gather(
            *(folder.fold(names.news(batch)) for folder in database.folders for batch in again)
        )

    loop.run(fold_all())

    marks, heads = expected(batches)
    now, heads_now = stored(database, names)
    assert heads_now == {room: at for room, at in heads.items() if at}
    assert {member: (at.delivered_seq, at.read_seq) for member, at in now.items()} == {
        member: (at.delivered_seq, at.read_seq) for member, at in marks.items()
    }
    for member, reached in now.items():
        told = [
            (each.delivered_seq, each.read_seq, each.shown_read_seq)
            for each in database.told
            if (each.room, each.user) == names.pair(member)
        ]
        assert max(told) == (reached.delivered_seq, reached.read_seq, reached.shown_read_seq)
