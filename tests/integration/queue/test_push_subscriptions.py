"""Which browsers are kept: one row an endpoint, for as long as the sign-in that it came from."""

import asyncio
import datetime as dt
import uuid

import pytest

from libs.common.errors import Unauthenticated
from libs.common.events import UserRevoked
from services.queue.actions.web_push.subscriptions import (
    Subscription,
    end_gone,
    end_old,
    subscribe,
    unsubscribe,
)
from services.queue.domain.web_push import ENDED_REMEMBERED, KEPT, SUBSCRIPTIONS
from services.queue.store import CHAT_ROOMS
from tests.integration.queue.house import some_id as person


def browser(user, sid=None, endpoint="", **more):
    """Return a browser of somebody."""
    given = {
        "user": user,
        "sid": sid or person(),
        "endpoint": endpoint or f"https://push.example/{uuid.uuid4()}",
        "host": "push.example",
        "p256dh": "point",
        "auth": "secret",
        "expires_at": None,
    }
    return Subscription(**(given | more))


def kept(house):
    """Return whose browsers are kept, by endpoint."""
    return dict(house.rows("select endpoint, user_id::text from push_subscription order by id"))


async def revoke(house, *sids):
    await house.hear(CHAT_ROOMS, UserRevoked(user=person(), sids=sids))


async def test_a_browser_is_new_once_and_then_refreshed(house):
    ann = person()
    first = browser(ann)

    told = [await house.do(subscribe, first)]
    house.clock.advance(60)
    later = browser(ann, endpoint=first.endpoint, p256dh="another point")
    told.append(await house.do(subscribe, later))

    assert told == [True, False]
    sql = "select sid::text, p256dh, refreshed_at from push_subscription"
    assert house.rows(sql) == [(later.sid, "another point", house.clock.now())]


async def test_a_browser_of_somebody_else_is_theirs_who_come_after_and_forgets_what_it_was_told(
    house,
):
    ann, bob = person(), person()
    browser_of_ann = browser(ann)
    room = await house.room(ann, bob)
    await house.lagging(room, ann, 0, 3)
    await house.do(subscribe, browser_of_ann)
    assert house.rows("select count(*) from web_push") == [(1,)]

    is_new = await house.do(subscribe, browser(bob, endpoint=browser_of_ann.endpoint))

    assert is_new
    assert kept(house) == {browser_of_ann.endpoint: bob}
    assert house.rows("select count(*) from web_push") == [(0,)]


async def test_of_too_many_the_one_that_was_handed_in_longest_ago_ends(house):
    ann = person()
    browsers = [browser(ann) for _ in range(SUBSCRIPTIONS + 1)]
    for each in [*browsers[:-1], browsers[0], browsers[-1]]:
        await house.do(subscribe, each)
        house.clock.advance(1)

    ended = {each.endpoint for each in browsers} - kept(house).keys()

    assert ended == {browsers[1].endpoint}


async def test_somebody_forgets_their_own_browser_and_nobody_elses(house):
    ann, bob = person(), person()
    first = browser(ann)
    await house.do(subscribe, first)

    await house.threads.run(unsubscribe, bob, first.endpoint)
    untouched = kept(house)
    for _ in range(2):
        await house.threads.run(unsubscribe, ann, first.endpoint)

    assert (untouched, kept(house)) == ({first.endpoint: ann}, {})


async def test_a_browser_ends_with_its_sign_in_and_no_other_does(house):
    ann, sids = person(), [person(), person()]
    browsers = [browser(ann, sid) for sid in sids]
    for each in browsers:
        await house.do(subscribe, each)

    for _ in range(2):
        await revoke(house, sids[0])

    assert kept(house) == {browsers[1].endpoint: ann}


async def test_from_a_sign_in_that_has_ended_no_browser_is_taken_while_its_tokens_hold(house):
    sid = person()
    await revoke(house, sid)

    with pytest.raises(Unauthenticated):
        await house.do(subscribe, browser(person(), sid))
    house.clock.advance(ENDED_REMEMBERED.total_seconds() + 1)
    await house.do(end_old)

    assert house.rows("select count(*) from ended_sign_in") == [(0,)]


async def test_a_browser_that_was_taken_while_its_sign_in_ended_goes_with_the_next_sweep(house):
    sid = person()
    await house.do(subscribe, browser(person(), sid))
    house.rows("insert into ended_sign_in values (%s, %s)", sid, house.clock.now())

    await house.do(end_old)

    assert kept(house) == {}


@pytest.mark.parametrize(
    ("expires_after", "kept_for"),
    [(None, KEPT), (dt.timedelta(hours=1), dt.timedelta(hours=1)), (KEPT * 2, KEPT)],
)
async def test_a_browser_that_is_not_handed_in_again_ends(house, expires_after, kept_for):
    expires_at = expires_after and house.clock.now() + expires_after
    await house.do(subscribe, browser(person(), expires_at=expires_at))

    house.clock.advance(kept_for.total_seconds() - 1)
    await house.do(end_old)
    before = kept(house)
    house.clock.advance(2)
    await house.do(end_old)

    assert (len(before), kept(house)) == (1, {})


async def test_what_a_push_service_does_not_know_any_more_goes_with_all_it_was_told(house):
    ann = person()
    room = await house.room(ann)
    await house.lagging(room, ann, 0, 3)
    await house.do(subscribe, browser(ann))
    ((number,),) = house.rows("select id from push_subscription")

    for _ in range(2):
        await house.threads.run(end_gone, number)

    assert kept(house) == {}
    assert house.rows("select count(*) from web_push") == [(0,)]


async def test_a_browser_that_is_handed_in_by_many_at_once_is_kept_once(house):
    first = browser(person())

    told = await asyncio.gather(*(house.do(subscribe, first) for _ in range(8)))

    assert sum(told) >= 1
    assert len(kept(house)) == 1
