"""What members are told of watermarks and of single messages: from what the service's fold wrote."""

import datetime as dt
import random
import uuid

import pytest

from libs.common.clock import to_wire
from libs.common.errors import NotFound, PermissionDenied
from services.receipts.actions.fold import Membership, News
from services.receipts.domain.watermarks import Claim
from services.receipts.selectors.message_receipts import message_receipts
from services.receipts.selectors.watermarks import Page, room_watermarks

ANN, BOB, CAT, DAN, EVE = sorted(str(uuid.uuid4()) for _ in range(5))
ALL = Page(limit=100)
NOON_MS = 1_790_000_000_000


def at(second: int) -> str:
    """Return an instant after noon as it is told."""
    return to_wire(dt.datetime.fromtimestamp(NOON_MS / 1000 + second, dt.UTC))


class Room:
    """A room in which members claim things; tells what one of them is told."""

    def __init__(self, database, threads):
        self.id = str(uuid.uuid4())
        self._database = database
        self._threads = threads
        self._version = 0

    async def has(self, joined_seqs, *, head=None, open_history=False):
        """Let chat say who is in it."""
        self._version += 1
        membership = Membership(
            room=self.id,
            version=self._version,
            open_history=open_history,
            joined_seqs=joined_seqs,
        )
        await self._database.folder.set_members([membership])
        if head is not None:
            await self._database.folder.fold(News(heads={self.id: head}))

    async def claims(self, user, delivered, read=0, *, second=None, private=False):
        await self.claim_all([(user, claim_of(delivered, read, second=second, private=private))])

    async def claim_all(self, claims):
        """Let a batch of claims come at once."""
        news = News(claims=[((self.id, user), claim) for user, claim in claims])
        await self._database.folder.fold(news)

    async def watermarks(self, asker, page=ALL):
        return await self._threads.run(room_watermarks, user_id=asker, room_id=self.id, page=page)

    async def told(self, asker, seq, page=ALL):
        """Return (delivered_at, read_at) by member; False where it is not yet."""
        found = await self.message(asker, seq, page)
        return {
            each.user: (
                each.delivered and each.delivered_at,
                each.read and each.read_at,
            )
            for each in found.members
        }

    async def message(self, asker, seq, page=ALL):
        return await self._threads.run(
            message_receipts, user_id=asker, room_id=self.id, seq=seq, page=page
        )


def claim_of(delivered, read=0, *, second=None, private=False):
    return Claim(
        delivered_seq=delivered,
        read_seq=read,
        shown_read_seq=0 if private else read,
        at_ms=None if second is None else NOON_MS + second * 1000,
    )


@pytest.fixture
def room(database, threads):
    return Room(database, threads)


async def test_each_message_inside_a_bulk_advance_has_the_time_of_the_advance_that_passed_it(room):
    await room.has({ANN: 0, BOB: 0}, head=20)
    await room.claims(BOB, 4, second=1)
    await room.claims(BOB, 10, 4, second=2)
    await room.claims(BOB, 10, 10, second=3)
    await room.claims(BOB, 18, 11, second=4)

    told = {seq: (await room.told(ANN, seq))[BOB] for seq in range(1, 21)}

    assert told == {
        **dict.fromkeys(range(1, 5), (at(1), at(2))),
        **dict.fromkeys(range(5, 11), (at(2), at(3))),
        11: (at(4), at(4)),
        **dict.fromkeys(range(12, 19), (at(4), False)),
        **dict.fromkeys(range(19, 21), (False, False)),
    }


async def test_claims_that_come_late_and_together_keep_their_times(room):
    await room.has({ANN: 0, BOB: 0}, head=9)
    late = [(BOB, claim_of(seq, seq - 1, second=seq)) for seq in (6, 3, 9, 3)]
    await room.claim_all(late)

    told = [(await room.told(ANN, seq))[BOB] for seq in (1, 3, 4, 6, 9)]

    assert told == [
        (at(3), at(3)),
        (at(3), at(6)),
        (at(6), at(6)),
        (at(6), at(9)),
        (at(9), False),
    ]


async def test_any_claims_in_any_order_leave_each_seq_its_first_time(room):
    """Against a rule that needs no table: the first claim that reaches a seq."""
    chance = random.Random(7)  # noqa: S311 - no secret
    await room.has({ANN: 0, BOB: 0}, head=60)
    reached, first = [0, 0], {}
    for second in range(1, 41):
        most = second * 3 // 2
        read, delivered = sorted((chance.randint(0, most), chance.randint(0, most)))
        if delivered:
            await room.claims(BOB, delivered, read, second=second)
        for which, seq in enumerate((delivered, read)):
            for passed in range(reached[which] + 1, seq + 1):
                first[passed, which] = at(second)
            reached[which] = max(reached[which], seq)

    for asker in (ANN, BOB):
        told = {seq: (await room.told(asker, seq))[BOB] for seq in range(1, 61)}
        assert told == {
            seq: (first.get((seq, 0), False), first.get((seq, 1), False)) for seq in told
        }


async def test_reading_in_private_is_shown_to_oneself_only(room):
    await room.has({ANN: 0, BOB: 0}, head=9)
    await room.claims(BOB, 3, 3, second=1)
    await room.claims(BOB, 8, 6, second=2, private=True)

    shown, own = await room.watermarks(ANN), await room.watermarks(BOB)

    assert [each.read_seq for each in shown.members if each.user == BOB] == [3]
    assert [each.read_seq for each in own.members if each.user == BOB] == [6]
    assert (await room.told(ANN, 3))[BOB] == (at(1), at(1))
    assert (await room.told(ANN, 5))[BOB] == (at(2), False)
    assert (await room.told(BOB, 5))[BOB] == (at(2), at(2))
    assert (await room.told(BOB, 7))[BOB] == (at(2), False)


async def test_who_reads_openly_again_has_read_it_all_at_that_time(room):
    await room.has({ANN: 0, BOB: 0}, head=9)
    await room.claims(BOB, 6, 6, second=1, private=True)
    await room.claims(BOB, 7, 7, second=2)

    assert (await room.told(ANN, 5))[BOB] == (at(1), at(2))
    assert (await room.told(BOB, 5))[BOB] == (at(1), at(1))


async def test_what_is_not_dated_has_no_time(room):
    await room.has({ANN: 0, BOB: 0}, head=9)
    await room.claims(BOB, 3, 3)

    assert (await room.told(ANN, 2))[BOB] == (None, None)


async def test_what_the_log_has_forgotten_has_no_time_though_later_messages_do(room, database):
    await room.has({ANN: 0, BOB: 0}, head=9)
    await room.claims(BOB, 4, 4, second=1)
    await room.claims(BOB, 8, 8, second=2)
    database.rows("delete from advance where delivered_seq = 4")

    for asker in (ANN, BOB):
        assert (await room.told(asker, 4))[BOB] == (None, None)
        assert (await room.told(asker, 5))[BOB] == (at(2), at(2))


@pytest.fixture
def early_partition(database):
    """A part of the log that comes before all others; tests move rows of any age into it."""
    database.rows(
        "create table early partition of advance for values from ('2001-01-01') to ('2001-02-01')"
    )
    yield "update advance set logged_at = '2001-01-03' where"
    database.rows("drop table early")


@pytest.mark.parametrize("moved", ["delivered_seq = 3", "delivered_seq = 6", "delivered_seq = 9"])
async def test_times_are_found_in_whatever_part_of_the_log(room, database, early_partition, moved):
    await room.has({ANN: 0, BOB: 0}, head=9)
    for second in (1, 2, 3):
        await room.claims(BOB, second * 3, second * 3 - 1, second=second)
    database.rows(f"{early_partition} {moved}")

    for asker in (ANN, BOB):
        told = [(await room.told(asker, seq))[BOB] for seq in (1, 2, 3, 4, 8, 9)]

        assert told == [
            *[(at(1), at(1))] * 2,
            (at(1), at(2)),
            (at(2), at(2)),
            (at(3), at(3)),
            (at(3), False),
        ]


@pytest.mark.parametrize("moved", ["shown_read_seq = 0", "shown_read_seq = 4", "delivered_seq = 8"])
async def test_rows_that_stand_still_in_something_tell_no_time_of_it(
    room, database, early_partition, moved
):
    await room.has({ANN: 0, BOB: 0}, head=9)
    await room.claims(BOB, 6, second=1)
    await room.claims(BOB, 6, 4, second=2, private=True)
    await room.claims(BOB, 6, 4, second=3)
    await room.claims(BOB, 6, 6, second=4)
    await room.claims(BOB, 8, 6, second=5)
    database.rows(f"{early_partition} {moved}")

    assert (await room.told(ANN, 3))[BOB] == (at(1), at(3))
    assert (await room.told(BOB, 3))[BOB] == (at(1), at(2))
    assert (await room.told(ANN, 5))[BOB] == (at(1), at(4))
    assert (await room.told(BOB, 5))[BOB] == (at(1), at(4))
    assert (await room.told(BOB, 8))[BOB] == (at(5), False)


async def test_another_room_of_the_same_people_tells_nothing_of_this_one(room, database, threads):
    another = Room(database, threads)
    await room.has({ANN: 0, BOB: 0}, head=9)
    await another.has({ANN: 0, BOB: 0}, head=9)
    await another.claims(BOB, 7, 5, second=1)
    await room.claims(BOB, 8, 6, second=2)
    await another.claims(BOB, 8, 6, second=3)

    assert [each.delivered_seq for each in (await room.watermarks(ANN)).members] == [0, 8]
    for asker in (ANN, BOB):
        assert (await room.told(asker, 3))[BOB] == (at(2), at(2))


async def test_members_come_by_id_in_pages_without_those_who_left(room):
    await room.has(dict.fromkeys((ANN, BOB, CAT, DAN, EVE), 0), head=3)
    await room.has(dict.fromkeys((ANN, BOB, DAN, EVE), 0))

    for ask in (room.watermarks, lambda asker, page: room.message(asker, 2, page)):
        first = await ask(EVE, Page(limit=2))
        second = await ask(EVE, Page(limit=2, after=uuid.UUID(first.next)))

        assert [each.user for each in first.members] == [ANN, BOB]
        assert [each.user for each in second.members] == [DAN, EVE]
        assert second.next is None


async def test_a_page_after_the_last_is_empty(room):
    await room.has({ANN: 0, BOB: 0}, head=3)

    page = await room.watermarks(ANN, Page(limit=2, after=uuid.UUID(BOB)))

    assert (page.members, page.next) == ([], None)


async def test_who_is_not_in_a_room_learns_nothing_of_it(room):
    await room.has({ANN: 0, BOB: 0}, head=3)
    await room.has({ANN: 0})
    await room.claims(CAT, 2, second=1)  # a claim may come before the news of its member

    for stranger in (BOB, CAT, DAN, "nobody"):
        with pytest.raises(PermissionDenied):
            await room.watermarks(stranger)
        with pytest.raises(PermissionDenied):
            await room.message(stranger, 99)


@pytest.mark.parametrize(
    "room_id", [str(uuid.UUID(int=7)), "room", str(uuid.UUID(int=0xA)).upper(), ""]
)
async def test_a_room_that_does_not_exist_looks_like_one_of_others(room, room_id):
    room.id = room_id

    with pytest.raises(PermissionDenied):
        await room.watermarks(ANN)


@pytest.mark.parametrize("seq", [0, 4, 10**16 - 1])
async def test_a_message_that_is_not_there_is_not_found(room, seq):
    await room.has({ANN: 0, BOB: 0}, head=3)

    with pytest.raises(NotFound):
        await room.message(ANN, seq)


async def test_what_was_written_before_one_joined_is_not_found(room):
    await room.has({ANN: 0, BOB: 5}, head=7)

    with pytest.raises(NotFound):
        await room.message(BOB, 5)

    assert [each.user for each in (await room.message(BOB, 6)).members] == [ANN, BOB]


async def test_where_history_is_open_one_asks_of_earlier_messages_too(room):
    await room.has({ANN: 0, BOB: 5}, head=7, open_history=True)

    found = await room.message(BOB, 5)

    # One's own status of it does not count: it was not written to one.
    assert [each.user for each in found.members] == [ANN]
