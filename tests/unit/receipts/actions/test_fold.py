"""How news are cut into calls of the database, and what is announced of its answers."""

from collections.abc import Sequence

import pytest

from libs.common.clock import ManualClock
from libs.common.events import Advance
from libs.common.postgres import ConnectionLost
from services.receipts.actions.fold import FOLD, ITEMS_PER_CALL, Folder, Membership, News, Own
from services.receipts.domain.watermarks import Claim

PAIR = ("room", "ann")


class Call:
    """One call of ``fold_receipts``, with its arrays as lists of text."""

    def __init__(self, parameters):
        columns = [each.strip("{}").split(",") if each != "{}" else [] for each in parameters]
        self.heads = dict(zip(columns[0], map(int, columns[1]), strict=True))
        self.members = list(zip(columns[2], columns[3], strict=True))
        self.claims = list(zip(*columns[4:9], strict=True))
        self.own = list(zip(*columns[9:11], strict=True))
        self.published = columns[12]

    @property
    def items(self):
        return len(self.members) + len(self.claims) + len(self.own)


class FakeFolder(Folder):
    """Answers that the members at some places were raised, or fails."""

    def __init__(self, *, published=()):
        self.clock = ManualClock()
        self.calls: list[Call] = []
        self.others = []
        self.told: list[tuple[int, Sequence[Advance]]] = []
        self.published = list(published)
        self.raised = None  # (place, delivered, read, shown, and the three before)
        self.fails = []
        super().__init__(
            dsn="",
            clock=self.clock,
            on_advanced=lambda row, advances: self.told.append((row, advances)),
            take_published=self._take,
            put_back_published=self.published_extend,
        )

    def _take(self):
        taken, self.published = self.published, []
        return taken

    def published_extend(self, rows):
        self.published.extend(rows)

    async def _run(self, sql, *parameters):
        if sql != FOLD:
            self.others.append(parameters)
            return []
        self.calls.append(Call(parameters))
        if self.fails:
            raise self.fails.pop(0)
        if self.raised is None:
            return [(None, None, None, None, None)]
        return [(len(self.calls), *zip(*self.raised, strict=True))]


@pytest.fixture
def folder():
    return FakeFolder()


def claim(delivered, read=0, *, at_ms=1, session=None):
    return Claim(
        delivered_seq=delivered,
        read_seq=read,
        shown_read_seq=read,
        at_ms=at_ms,
        session=session,
    )


def now_ms(folder):
    return round(folder.clock.now().timestamp() * 1000)


async def test_small_news_are_one_call(folder):
    news = News(
        heads={"hall": 3, "room": 4},
        claims=[
            (("room", "bob"), claim(5, 2)),
            (PAIR, claim(2)),
            (("room", "bob"), claim(6, at_ms=9)),
        ],
        own={("hall", "ann"): Own(seqs=[7, 6]), ("hall", "cat"): Own(seqs=[])},
    )

    await folder.fold(news)

    (call,) = folder.calls
    assert call.heads == {"hall": 7, "room": 6}
    assert call.members == [("hall", "ann"), ("hall", "cat"), PAIR, ("room", "bob")]
    assert call.claims == [
        ("3", "2", "0", "0", "1"),
        ("4", "5", "2", "2", "1"),
        ("4", "6", "2", "2", "9"),
    ]
    assert call.own == [("1", "7"), ("1", "6")]


async def test_what_has_no_time_is_told_as_null(folder):
    await folder.fold(News(claims=[(PAIR, claim(2, at_ms=None))]))

    assert folder.calls[0].claims == [("1", "2", "0", "0", "NULL")]


async def test_rooms_of_which_only_the_head_is_news_are_one_more_call(folder):
    await folder.fold(News(heads={"yard": 2, "hall": 3, "room": 1}, claims=[(PAIR, claim(4))]))

    assert [(call.heads, call.members) for call in folder.calls] == [
        ({"room": 4}, [PAIR]),
        ({"hall": 3, "yard": 2}, []),
    ]
    assert list(folder.calls[1].heads) == ["hall", "yard"]


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_who_claims_nothing_is_no_news(folder, times):
    await folder.fold(News(claims=[(PAIR, claim(0))] * times))

    assert folder.calls == []


async def test_many_members_are_several_calls_and_each_head_is_raised_first(folder):
    users = [f"u{number:05}" for number in range(ITEMS_PER_CALL * 2)]

    await folder.fold(
        News(
            heads={"room": 9},
            claims=[(("room", user), claim(number)) for number, user in enumerate(users, 1)],
        )
    )

    assert [user for call in folder.calls for _, user in call.members] == users
    assert all(call.items <= ITEMS_PER_CALL for call in folder.calls)
    assert len(folder.calls) == 4
    assert [call.heads["room"] for call in folder.calls] == [len(users), 0, 0, 0]


async def test_much_of_one_member_is_cut_too_and_keeps_its_order(folder):
    top = ITEMS_PER_CALL * 2 + 5
    seqs = list(range(1, top + 1))

    await folder.fold(
        News(
            claims=[(PAIR, claim(seq, at_ms=seq)) for seq in seqs],
            own={PAIR: Own(seqs=seqs)},
        )
    )

    assert [int(each[1]) for call in folder.calls for each in call.claims] == seqs
    assert [int(seq) for call in folder.calls for _, seq in call.own] == seqs
    assert all(call.members == [PAIR] for call in folder.calls)
    assert max(call.items for call in folder.calls) <= 2 * ITEMS_PER_CALL + 1


async def test_very_many_own_messages_are_cut_without_any_claim(folder):
    seqs = list(range(1, ITEMS_PER_CALL * 2 + 6))

    await folder.fold(News(own={PAIR: Own(seqs=seqs)}))

    assert [[int(seq) for _, seq in call.own] for call in folder.calls] == [
        seqs[:ITEMS_PER_CALL],
        seqs[ITEMS_PER_CALL:-5],
        seqs[-5:],
    ]


async def test_an_advance_tells_the_marks_and_the_one_session_that_knows(folder):
    folder.raised = [(1, 5, 3, 3, 0, 0, 0), (3, 7, 7, 2, 6, 6, 2)]
    news = News(
        claims=[
            (("room", "ann"), claim(4, 3, at_ms=10, session="phone")),
            (("room", "ann"), claim(5, 3, at_ms=20, session="phone")),
            (("room", "bob"), claim(1)),
            (("room", "cat"), claim(7, 7, at_ms=30, session="desk")),
        ],
        own={("room", "cat"): Own(seqs=[7], sessions={"phone"})},
    )

    await folder.fold(news)

    ((row, advances),) = folder.told
    assert row == 1
    assert [
        (a.user, a.delivered_seq, a.read_seq, a.shown_read_seq, a.at_ms, a.session, a.is_own)
        for a in advances
    ] == [("ann", 5, 3, 3, 20, "phone", False), ("cat", 7, 7, 2, 30, None, False)]


def private_claim(delivered, read, *, at_ms):
    return Claim(delivered_seq=delivered, read_seq=read, shown_read_seq=0, at_ms=at_ms)


async def test_where_others_may_know_nothing_the_advance_says_so(folder):
    folder.raised = [(1, 5, 4, 3, 5, 3, 3)]

    await folder.fold(News(claims=[(PAIR, private_claim(4, 4, at_ms=10))]))

    ((_, (advance,)),) = folder.told
    assert (advance.is_hidden, advance.at_ms) == (True, 10)


async def test_what_others_may_know_has_not_the_time_of_what_they_may_not(folder):
    folder.raised = [(1, 5, 5, 3, 4, 3, 3)]
    news = News(
        claims=[(PAIR, claim(5, at_ms=10)), (PAIR, private_claim(5, 5, at_ms=20))],
    )

    await folder.fold(news)

    ((_, (advance,)),) = folder.told
    assert (advance.is_hidden, advance.at_ms) == (False, 10)


@pytest.mark.parametrize(
    ("now", "before", "session"),
    [
        ((5, 2, 2), (4, 2, 2), "phone"),
        ((6, 2, 2), (4, 2, 2), None),  # its own message 6 was remembered
        ((9, 5, 5), (9, 3, 3), "phone"),
        ((9, 6, 6), (9, 3, 3), None),
    ],
)
async def test_a_session_does_not_know_of_what_was_written_elsewhere(folder, now, before, session):
    folder.raised = [(1, *now, *before)]
    read = 5 if now[0] > 6 else 0

    await folder.fold(News(claims=[(PAIR, claim(5, read, session="phone"))]))

    ((_, (advance,)),) = folder.told
    assert advance.session == session


async def test_a_session_is_told_that_it_has_read_what_it_wrote_before_it_read_the_rest(folder):
    folder.raised = [(1, 6, 6, 6, 4, 4, 4)]

    await folder.fold(
        News(
            claims=[(PAIR, claim(5, 5, session="phone"))],
            own={PAIR: Own(seqs=[6], sessions={"phone"})},
        )
    )

    ((_, (advance,)),) = folder.told
    assert advance.session is None


async def test_what_follows_from_own_messages_alone_says_so_and_is_of_now(folder):
    folder.raised = [(1, 5, 5, 5, 4, 4, 4)]

    await folder.fold(News(own={PAIR: Own(seqs=[5], sessions={"phone"})}))

    ((_, (advance,)),) = folder.told
    assert (advance.is_own, advance.session) == (True, "phone")
    assert advance.at_ms == now_ms(folder)


@pytest.mark.parametrize("at_ms", [None, 10**15])
async def test_no_advance_is_of_the_future(folder, at_ms):
    folder.raised = [(1, 5, 5, 5, 0, 0, 0)]

    await folder.fold(News(claims=[(PAIR, claim(5, 5, at_ms=at_ms))]))

    ((_, (advance,)),) = folder.told
    assert advance.at_ms == now_ms(folder)


async def test_where_nothing_moved_nothing_is_told(folder):
    await folder.fold(News(claims=[(PAIR, claim(5))]))

    assert folder.told == []


async def test_published_rows_go_with_the_first_call(folder):
    folder.published = [4, 5]

    await folder.fold(News(heads={"hall": 1}, claims=[(PAIR, claim(5))]))

    assert [call.published for call in folder.calls] == [["4", "5"], []]
    assert folder.published == []


async def test_a_call_that_fails_gives_them_back_and_ends_the_batch(folder):
    folder.published, folder.fails = [4], [ConnectionLost()]

    with pytest.raises(ConnectionLost):
        await folder.fold(News(heads={"hall": 1}, claims=[(PAIR, claim(5))]))

    assert folder.published == [4]
    assert len(folder.calls) == 1
    assert folder.told == []


async def test_members_are_set_room_by_room_and_each_room_judged_anew(folder):
    await folder.set_members(
        [
            Membership(room="room", version=2, open_history=True, joined_seqs={"bob": 4, "ann": 1}),
            Membership(room="hall", version=1, open_history=False, joined_seqs={}),
        ]
    )

    assert folder.others == [
        ("room", 2, True, "{ann,bob}", "{1,4}"),
        ("room",),
        ("hall", 1, False, "{}", "{}"),
        ("hall",),
    ]
