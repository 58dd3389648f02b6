"""What is due to be pushed: one row a browser and room, taken once, and told to nobody who is there."""

import asyncio

import pytest

from services.queue.actions.web_push.due import note_again, note_told, take_due
from services.queue.actions.web_push.marking import forget_told, mark_moved, mark_waiting
from services.queue.actions.web_push.subscriptions import subscribe
from services.queue.domain.web_push import AGAIN_AFTER, LEASE
from services.queue.selectors.web_push import push_stats, subscriptions_after
from tests.integration.queue.house import some_id as person
from tests.integration.queue.test_push_subscriptions import browser

PLACES = 8
AGAIN_S = AGAIN_AFTER.total_seconds()
EXPIRED_S = 8 * 24 * 3600


class Pushes:
    """What the parts of Web Push do with the tables of a queue."""

    def __init__(self, house):
        self.house = house

    async def subscribed(self, user, **more):
        """Keep a browser of somebody for whom nothing waits."""
        await self.house.do(subscribe, browser(user, **more))

    async def mark(self):
        """Mark what the queue was told since the last time."""
        members, rooms = self.house.moved_members, self.house.moved_rooms
        self.house.moved_members, self.house.moved_rooms = set(), set()
        return await self.house.do(mark_moved, members=members, rooms=rooms)

    async def take(self, limit=32, **places):
        """Take what is due."""
        taken = await self.house.do(take_due, limit=limit, places=places, places_of_a_host=PLACES)
        return taken.pushes

    async def taken(self):
        """Mark, take, and tell which rooms with which counts that is."""
        await self.mark()
        return sorted((push.room, push.waiting) for push in await self.take())

    async def push(self):
        """Mark, take, and push what is due; tell the counts."""
        await self.mark()
        pushes = await self.take()
        for each in pushes:
            await self.house.do(note_told, each)
        return [push.waiting for push in pushes]

    async def sweep(self):
        now = self.house.clock.now()
        page = await self.house.threads.run(subscriptions_after, 0, limit=1000)
        await self.house.threads.run(mark_waiting, page, at=now, now=now)
        await self.house.do(forget_told, after=0, last=None)

    def rows(self):
        return self.house.rows("select pushed_seq, tries, due_at is not null from web_push")


@pytest.fixture
def pushes(house):
    return Pushes(house)


async def behind(house, pushes, *users, head=3):
    """Return a room in which people are behind who have a browser each."""
    room = await house.room(*users)
    for user in users:
        await pushes.subscribed(user)
        await house.lagging(room, user, 0, head)
    return room


async def test_who_falls_behind_is_told_how_many_messages_wait(house, pushes):
    ann = person()
    room = await behind(house, pushes, ann)

    assert await pushes.taken() == [(room, 3)]


async def test_each_browser_of_each_who_is_behind_is_told_of_each_room(house, pushes):
    ann, bob, eve = person(), person(), person()
    await pushes.subscribed(ann)
    first = await behind(house, pushes, ann, bob)
    second = await house.room(ann, eve)
    await house.lagging(second, ann, 1, 2)
    await house.lagging(second, eve, 0, 2)  # who has no browser

    assert await pushes.taken() == sorted([(first, 3)] * 3 + [(second, 1)] * 2)


async def test_without_a_subscription_there_is_no_row(house, pushes):
    room = await house.room(ann := person())
    await house.lagging(room, ann, 0, 3)

    assert await pushes.mark() == 0
    await pushes.sweep()
    assert pushes.rows() == []


async def test_what_was_told_is_not_told_again(house, pushes):
    await behind(house, pushes, person())

    assert [await pushes.push(), await pushes.push()] == [[3], []]
    house.clock.advance(AGAIN_S)
    await pushes.sweep()
    assert await pushes.push() == []
    assert pushes.rows() == [(3, 0, False)]


async def test_more_of_the_same_room_is_told_ten_seconds_later_and_the_last_of_it_always(
    house, pushes
):
    room = await behind(house, pushes, person())
    counts = [await pushes.push()]

    for head in (4, 7):
        house.clock.advance(1)
        await house.head(room, head)
        counts.append(await pushes.push())
    house.clock.advance(AGAIN_S - 2)
    counts.append(await pushes.push())
    house.clock.advance(AGAIN_S)
    counts.append(await pushes.push())

    assert counts == [[3], [], [], [7], []]


async def test_what_comes_while_it_is_being_told_is_told_next(house, pushes):
    room = await behind(house, pushes, person())
    await pushes.mark()
    (push,) = await pushes.take()
    await house.head(room, 9)
    assert await pushes.mark() == 0

    await house.do(note_told, push)

    assert pushes.rows() == [(3, 0, True)]
    assert await pushes.push() == []
    house.clock.advance(AGAIN_S)
    assert await pushes.push() == [9]


async def test_nobody_is_told_who_has_caught_up_meanwhile(house, pushes):
    ann = person()
    room = await behind(house, pushes, ann)
    await pushes.mark()

    await house.caught_up(room, ann, 3)

    assert await pushes.take() == []
    assert pushes.rows() == [(0, 0, False)]


async def test_a_part_that_was_received_does_not_count(house, pushes):
    ann = person()
    room = await behind(house, pushes, ann)
    await house.lagging(room, ann, 2, 3)

    assert await pushes.taken() == [(room, 1)]


async def test_who_falls_behind_again_is_told_again(house, pushes):
    ann = person()
    room = await behind(house, pushes, ann)
    counts = [await pushes.push()]
    await house.caught_up(room, ann, 3)
    house.clock.advance(AGAIN_S)
    await house.lagging(room, ann, 3, 4)

    counts.append(await pushes.push())

    assert counts == [[3], [1]]


async def test_what_has_expired_is_not_told(house, pushes):
    room = await behind(house, pushes, person())
    await pushes.mark()
    await house.expire()
    house.clock.advance(EXPIRED_S)
    await house.expire()

    assert await pushes.take() == []
    await house.head(room, 4)
    house.clock.advance(1)
    assert await pushes.taken() == [(room, 1)]


async def test_who_leaves_a_room_is_not_told_of_it(house, pushes):
    ann, bob = person(), person()
    room = await behind(house, pushes, ann, bob)
    await pushes.mark()

    await house.room(bob, room=room, version=2)
    await house.head(room, 9)

    assert [push.waiting for push in await pushes.take()] == [9]


async def test_what_waits_when_somebody_subscribes_is_not_told_at_once(house, pushes):
    room = await house.room(ann := person())
    await house.lagging(room, ann, 0, 3)
    await pushes.subscribed(ann)

    at_once = await pushes.taken()
    house.clock.advance(AGAIN_S)

    assert (at_once, await pushes.taken()) == ([], [(room, 3)])


async def test_what_one_has_taken_nobody_else_takes(house, pushes):
    await behind(house, pushes, *(person() for _ in range(PLACES)))
    await pushes.mark()

    several = await asyncio.gather(*(pushes.take(limit=3) for _ in range(4)))

    taken = [push.subscription for some in several for push in some]
    assert len(taken) == len(set(taken)) > 0


async def test_what_a_process_took_that_died_is_taken_by_another(house, pushes):
    await behind(house, pushes, person())
    await pushes.mark()
    await pushes.take()

    house.clock.advance(LEASE.total_seconds() - 1)
    before = await pushes.take()
    house.clock.advance(1)
    (again,) = await pushes.take()

    assert (before, again.tries) == ([], 2)


async def test_who_comes_late_with_a_failure_changes_nothing_of_what_another_one_did(house, pushes):
    await behind(house, pushes, person())
    await pushes.mark()
    (late,) = await pushes.take()
    house.clock.advance(LEASE.total_seconds())
    (push,) = await pushes.take()
    await house.do(note_told, push)

    await house.threads.run(note_again, late, at=house.clock.now(), is_try=True)

    assert pushes.rows() == [(3, 0, False)]


async def test_what_failed_comes_back_at_its_time_with_the_newest_count(house, pushes):
    room = await behind(house, pushes, person())
    await pushes.mark()
    (push,) = await pushes.take()
    now = house.clock.now()
    at = now + AGAIN_AFTER / 5
    await house.threads.run(note_again, push, at=at, is_try=True)
    await house.head(room, 5)

    early = await pushes.taken()
    house.clock.advance(AGAIN_S / 5)
    (again,) = await pushes.take()

    assert early == []
    assert (again.waiting, again.tries) == (5, 2)


async def test_who_was_not_asked_has_not_failed(house, pushes):
    await behind(house, pushes, person())
    await pushes.mark()
    (push,) = await pushes.take()
    await house.threads.run(note_again, push, at=house.clock.now(), is_try=False)

    (again,) = await pushes.take()

    assert again.tries == 1


async def test_no_host_takes_more_than_its_places_and_a_full_one_none(house, pushes):
    ann = person()
    for number in range(3):
        await pushes.subscribed(ann, host="busy.example")
        await pushes.subscribed(ann, host=f"{number}.example")
    room = await house.room(ann)
    await house.lagging(room, ann, 0, 1)
    await pushes.mark()
    hosts = dict(house.rows("select id, host from push_subscription"))

    taken = await pushes.take(**{"busy.example": 1, "0.example": 0})

    assert sorted(hosts[push.subscription] for push in taken) == [
        "1.example",
        "2.example",
        "busy.example",
    ]


async def test_the_sweep_finds_what_was_never_marked_and_forgets_what_is_told(house, pushes):
    ann = person()
    room = await behind(house, pushes, ann)
    house.moved_members.clear()
    house.moved_rooms.clear()

    await pushes.sweep()
    count = await pushes.push()
    await house.caught_up(room, ann, 3)
    await pushes.sweep()
    soon = pushes.rows()
    house.clock.advance(AGAIN_S + 1)
    await pushes.sweep()

    assert count == [3]
    assert (soon, pushes.rows()) == ([(3, 0, False)], [])


async def test_what_is_due_is_counted(house, pushes):
    await behind(house, pushes, person(), person())
    await pushes.mark()
    house.clock.advance(7)

    subscriptions, waiting, oldest = await house.do(push_stats)

    assert (subscriptions, waiting, oldest.total_seconds()) == (2, 2, 7)
