import asyncio
import contextlib
from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.events import Advance, Receipt, ReceiptsReported
from libs.common.streams.names import partition_of
from services.chat.outbox import receipts as outbox_receipts, unconfirmed
from services.chat.outbox.receipts import RECEIPTS_PER_EVENT, TURN_MEMBERS, Reporter
from services.chat.outbox.unconfirmed import OLD_AFTER_S, OUTDATED_AFTER_S
from services.chat.selectors.receipts import KnownMarks
from services.chat.store import CHAT_RECEIPTS
from tests.waiting import WITHIN_S, until


def claim(user="bob", delivered=0, read=0, *, room="room", private=False, session=None):
    return Receipt(room, user, max(delivered, read), read, 0, session, private)


def advance(user="bob", delivered=0, read=0, *, shown=None, room="room"):
    return Advance(room, user, delivered, read, read if shown is None else shown, 0)


class Stream:
    """Takes what is published, unless it is down, or holds it until it may go on."""

    def __init__(self):
        self.down = False
        self.loses = False
        self.tries = 0
        self.calls: list[list[Any]] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def publish(self, outgoing):
        self.tries += 1
        if self.down:
            raise Unavailable(retry_after_s=0.1)
        self.calls.append(list(outgoing))
        await self.may_go_on.wait()
        if self.loses:
            raise Unavailable(retry_after_s=0.1)

    @property
    def taken(self):
        """All claims, in their order."""
        return [receipt for call in self.calls for receipt in receipts_of(call)]


def receipts_of(call):
    return [receipt for item in call for event in item.events for receipt in event.receipts]


class Database:
    """Knows who reads privately, and how far members have come."""

    def __init__(self):
        self.down = False
        self.private: set[str] = set()
        self.known: dict[tuple[str, str], KnownMarks] = {}
        self.asked: list[str] = []

    async def run(self, function, *args):
        self.asked.append(function.__name__)
        if self.down:
            raise Unavailable
        return getattr(self, function.__name__)(*args)

    def private_readers_among(self, users):
        return frozenset(self.private & set(users))

    def known_marks_of(self, keys):
        return {key: self.known[key] for key in keys if key in self.known}


class House:
    """A reporter at work."""

    def __init__(self, *, partitions=1):
        self.stream, self.database, self.clock = Stream(), Database(), ManualClock()
        self.reporter = Reporter(
            publisher=cast(Any, self.stream),
            database=cast(Any, self.database),
            clock=self.clock,
            partitions=partitions,
        )

    @contextlib.asynccontextmanager
    async def at_work(self):
        running = asyncio.create_task(self.reporter.run())
        try:
            yield self
        finally:
            running.cancel()
            await asyncio.wait({running})

    async def publish(self, *receipts):
        """Report, and wait until it is out."""
        for receipt in receipts:
            self.reporter.report(receipt)
        await self.reporter.flush(5)


@pytest.fixture
async def house():
    async with House().at_work() as house:
        yield house


def gauge(metric):
    return metric._value.get()


async def test_claims_of_one_member_go_out_as_one(house):
    merged_before = gauge(outbox_receipts.MERGED)

    await house.publish(claim(delivered=4), claim(read=3), claim(delivered=9), claim(read=2))

    assert house.stream.taken == [claim(delivered=9, read=3)]
    assert gauge(outbox_receipts.MERGED) - merged_before == 3


async def test_all_who_claim_at_once_share_one_event(house):
    people = [f"user {number}" for number in range(50)]

    await house.publish(*(claim(user, 1) for user in people))

    [[outgoing]] = house.stream.calls
    assert (outgoing.stream, outgoing.partition) == (CHAT_RECEIPTS, 0)
    [event] = outgoing.events
    assert isinstance(event, ReceiptsReported)
    assert event.receipts == [claim(user, 1) for user in people]


async def test_an_event_does_not_grow_beyond_bounds(house):
    count = TURN_MEMBERS + RECEIPTS_PER_EVENT + 1

    await house.publish(*(claim(str(number), 1) for number in range(count)))

    sizes = [
        [len(event.receipts) for item in call for event in item.events]
        for call in house.stream.calls
    ]
    assert sizes == [[RECEIPTS_PER_EVENT] * 4, [RECEIPTS_PER_EVENT, 1]]
    assert len({receipt.user for receipt in house.stream.taken}) == count


async def test_a_claim_stands_on_the_partition_of_its_room():
    rooms = [f"room {number}" for number in range(8)]
    async with House(partitions=3).at_work() as house:
        await house.publish(*(claim(delivered=1, room=room) for room in rooms))

    [call] = house.stream.calls
    assert {(receipt.room, item.partition) for item in call for receipt in receipts_of([item])} == {
        (room, partition_of(room, 3)) for room in rooms
    }
    assert len(call) == len({item.partition for item in call})


async def test_what_was_read_privately_does_not_become_public(house):
    await house.publish(claim(read=5), claim(read=9, private=True))

    assert house.stream.taken == [claim(read=5), claim(read=9, private=True)]


async def test_what_comes_while_others_are_published_waits_for_company_too(house):
    house.stream.may_go_on.clear()
    house.reporter.report(claim("alice", 1))
    await until(lambda: house.stream.calls)
    house.reporter.report(claim("bob", 1))

    house.stream.may_go_on.set()
    for _ in range(20):
        await asyncio.sleep(0)
    house.reporter.report(claim("carl", 1))
    await house.reporter.flush(5)

    users = [[receipt.user for receipt in receipts_of(call)] for call in house.stream.calls]
    assert users == [["alice"], ["bob", "carl"]]


async def test_nothing_is_claimed_of_an_empty_room(house):
    await house.publish(claim(delivered=0))

    assert house.stream.tries == 0


# -- while Redis is away -------------------------------------------------------------------------


async def test_the_latest_claim_goes_out_when_redis_is_back(house):
    house.stream.down = True
    house.reporter.report(claim(read=3))
    await until(lambda: house.stream.tries >= 2)

    house.reporter.report(claim(read=8))
    house.stream.down = False
    await house.reporter.flush(5)

    assert house.stream.taken == [claim(read=8)]


async def test_waiting_claims_need_one_place_a_member(house):
    house.stream.down = True

    for seq in range(1, 500):
        house.reporter.report(claim(delivered=seq))
        house.reporter.report(claim(read=seq, private=True))
        if seq % 100 == 0:
            await asyncio.sleep(0.02)
    await until(lambda: house.stream.tries >= 2)

    assert gauge(outbox_receipts.WAITING) == 1


async def test_claims_that_may_have_been_lost_go_out_again(house):
    house.stream.loses = True
    house.reporter.report(claim(read=3))
    await until(lambda: house.stream.calls)
    house.stream.loses = False

    await house.reporter.flush(5)

    assert house.stream.taken[-1] == claim(read=3)
    assert len(house.stream.taken) >= 2


async def test_what_comes_while_a_claim_is_on_its_way_is_merged_with_it_where_it_fails(house):
    house.stream.loses = True
    house.stream.may_go_on.clear()
    house.reporter.report(claim(read=3))
    await until(lambda: house.stream.calls)

    house.reporter.report(claim(delivered=9))
    house.stream.may_go_on.set()
    await until(lambda: house.stream.tries >= 2)
    house.stream.loses = False
    await house.reporter.flush(5)

    assert house.stream.taken[-1] == claim(delivered=9, read=3)


async def test_who_began_to_read_privately_while_redis_was_away_is_not_shown(house):
    house.stream.down = True
    house.reporter.report(claim(read=3))
    house.reporter.report(claim("alice", read=3))
    await until(lambda: house.stream.tries)

    house.database.private = {"bob"}
    house.stream.down = False
    await house.reporter.flush(5)

    assert house.stream.taken == [claim(read=3, private=True), claim("alice", read=3)]


async def test_nothing_goes_out_before_privacy_could_be_asked_for(house):
    house.database.down = True
    house.reporter.report(claim(read=3))
    await until(lambda: len(house.database.asked) >= 2)
    out_meanwhile = house.stream.taken

    house.database.down, house.database.private = False, {"bob"}
    await house.reporter.flush(5)

    assert out_meanwhile == []
    assert house.stream.taken == [claim(read=3, private=True)]


async def test_who_has_just_begun_to_read_privately_is_not_shown_before_that_is_news_here(house):
    house.database.private = {"bob"}

    await house.publish(claim(read=2), claim("alice", read=2))

    assert house.stream.taken == [claim(read=2, private=True), claim("alice", read=2)]


async def test_nobody_is_asked_about_where_nothing_is_shown_of_what_was_read(house):
    await house.publish(claim(delivered=2), claim("alice", read=2, private=True))

    assert house.database.asked == []


async def test_the_end_of_the_process_waits_for_claims_but_not_for_ever(house):
    house.stream.down = True
    house.reporter.report(claim(read=3))

    async with asyncio.timeout(WITHIN_S):
        await house.reporter.flush(0.05)

    assert house.stream.taken == []


# -- until it has arrived ------------------------------------------------------------------------


async def test_a_new_life_of_redis_is_told_what_was_not_confirmed(house):
    told_before = gauge(outbox_receipts.TOLD_AGAIN)
    await house.publish(claim("alice", read=5), claim("bob", read=5), claim("carl", read=5))
    house.reporter.confirm([advance("alice", 5, 5), advance("bob", 5, 4)])
    house.stream.calls.clear()

    house.reporter.on_epoch()
    await house.reporter.flush(5)

    assert house.stream.taken == [claim("bob", read=5), claim("carl", read=5)]
    assert gauge(outbox_receipts.TOLD_AGAIN) - told_before == 2


async def test_what_is_told_again_hides_what_has_become_private(house):
    await house.publish(claim(read=5))
    house.database.private = {"bob"}

    house.reporter.on_epoch()
    await house.reporter.flush(5)

    assert house.stream.taken[-1] == claim(read=5, private=True)


async def test_a_public_claim_is_confirmed_only_where_others_were_shown_it(house):
    await house.publish(claim(read=5))
    house.reporter.confirm([advance(delivered=5, read=5, shown=2)])

    house.reporter.on_epoch()
    await house.reporter.flush(5)

    assert len(house.stream.taken) == 2


async def test_an_advance_may_come_before_the_publishing_returns(house):
    house.stream.may_go_on.clear()
    house.reporter.report(claim(read=5))
    await until(lambda: house.stream.calls)

    house.reporter.confirm([advance(delivered=5, read=5)])
    house.stream.may_go_on.set()
    await house.reporter.flush(5)
    house.reporter.on_epoch()
    await house.reporter.flush(5)

    assert house.stream.taken == [claim(read=5)]
    assert gauge(unconfirmed.UNCONFIRMED) == 0


async def test_what_was_on_its_way_when_redis_lost_its_data_goes_out_again(house):
    house.stream.may_go_on.clear()
    house.reporter.report(claim(read=5))
    await until(lambda: house.stream.calls)

    house.reporter.on_epoch()
    house.stream.may_go_on.set()
    await house.reporter.flush(5)

    assert house.stream.taken == [claim(read=5), claim(read=5)]


async def test_what_is_confirmed_while_it_waits_does_not_go_out(house):
    house.reporter.report(claim(read=5))

    house.reporter.confirm([advance(delivered=9, read=5)])
    await house.reporter.flush(5)

    assert house.stream.taken == []


async def test_a_claim_that_is_on_its_way_is_not_repeated(house):
    await house.publish(claim(read=5))

    await house.publish(claim(read=5, session="another"), claim(delivered=4))
    house.reporter.confirm([advance(delivered=5, read=5)])
    await house.publish(claim(read=5))

    assert house.stream.taken == [claim(read=5), claim(read=5)]


async def test_the_sweep_forgets_what_the_database_shows_or_nobody_waits_for(house):
    await house.publish(claim("alice", read=5), claim("bob", read=5), claim("left", read=5))
    house.database.known = {
        ("room", "alice"): KnownMarks(5, 5, 5),
        ("room", "bob"): KnownMarks(5, 5, 4),
    }
    house.clock.advance(OLD_AFTER_S)
    house.stream.calls.clear()

    await house.reporter.sweep()
    house.reporter.on_epoch()
    await house.reporter.flush(5)

    assert house.stream.taken == [claim("bob", read=5)]


async def test_the_sweep_asks_for_old_claims_only(house):
    await house.publish(claim(read=5))
    house.clock.advance(OLD_AFTER_S - 1)

    await house.reporter.sweep()

    assert "known_marks_of" not in house.database.asked


async def test_a_claim_that_nobody_confirms_is_given_up_after_an_hour(house):
    given_up_before = gauge(unconfirmed.GIVEN_UP)
    await house.publish(claim(read=5))
    house.database.known = {("room", "bob"): KnownMarks(0, 0, 0)}
    house.clock.advance(OUTDATED_AFTER_S - 1)
    await house.reporter.sweep()
    kept = gauge(unconfirmed.UNCONFIRMED)

    house.clock.advance(1)
    await house.reporter.sweep()

    assert (kept, gauge(unconfirmed.UNCONFIRMED)) == (1, 0)
    assert gauge(unconfirmed.GIVEN_UP) - given_up_before == 1


async def test_a_bug_in_publishing_loses_no_claim(house, monkeypatch):
    broken = [True]

    async def publish(outgoing):
        if broken.pop():
            raise ZeroDivisionError
        house.stream.calls.append(outgoing)

    broken.insert(0, False)
    monkeypatch.setattr(house.stream, "publish", publish)

    await house.publish(claim(read=5))

    assert house.stream.taken == [claim(read=5)]
