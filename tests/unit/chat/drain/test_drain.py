"""Who is sent away when, on a clock that is moved by waiting."""

from collections import Counter

import pytest

from libs.common.metrics import REGISTRY
from services.chat.domain.departing import (
    BATCH_EVERY_S,
    LATEST_AFTER_MS,
    LONGEST_AFTER_MS,
    SHORTEST_AFTER_MS,
)
from services.chat.drain import Drain
from tests.unit.chat.drain.guests import Guest, House

DELAY_S, WINDOW_S = 3.0, 15.0


def drain_of(house, *, delay_s=DELAY_S, window_s=WINDOW_S, sleep=None):
    return Drain(
        all_sessions=lambda: house.guests,
        delay_s=delay_s,
        window_s=window_s,
        sleep=sleep or house.sleep,
    )


def sent_away(reason):
    return REGISTRY.get_sample_value("parley_sessions_sent_away_total", {"reason": reason}) or 0.0


async def test_many_go_evenly_over_the_window_once_balancers_have_noticed():
    house = House(600)

    await drain_of(house).run()

    batches = Counter(guest.left_at_s for guest in house.guests)
    assert min(batches) == pytest.approx(DELAY_S)
    assert DELAY_S + WINDOW_S - 2 * BATCH_EVERY_S <= max(batches) <= DELAY_S + WINDOW_S
    assert set(batches.values()) == {10}
    assert house.clock.monotonic() <= DELAY_S + WINDOW_S


async def test_the_order_is_nobodys():
    house = House(600)

    await drain_of(house).run()

    times_s = [guest.left_at_s for guest in house.guests]
    assert times_s != sorted(times_s)


async def test_all_are_expected_back_soon_and_not_in_one_instant():
    house = House(600)
    before = sent_away("drain")

    await drain_of(house).run()

    pauses = [guest.after_ms for guest in house.guests]
    assert all(guest.is_expected_back for guest in house.guests)
    assert SHORTEST_AFTER_MS <= min(pauses) < max(pauses) <= LONGEST_AFTER_MS
    assert max(Counter(pauses).values()) < 60
    assert max(pauses) - min(pauses) > 1000 * BATCH_EVERY_S
    assert sent_away("drain") - before == 600


async def test_where_nobody_is_nothing_is_waited_for():
    house = House()

    await drain_of(house).run()

    assert house.clock.monotonic() == 0.0


async def test_few_do_not_wait_for_the_whole_window():
    house = House(2)

    await drain_of(house).run()

    assert [guest.closed for guest in house.guests] == [True, True]
    assert house.clock.monotonic() <= DELAY_S + 2 * BATCH_EVERY_S


async def test_it_ends_when_the_last_have_left_by_themselves():
    house = House(600)

    async def leave(seconds):
        house.clock.advance(seconds)
        if house.clock.monotonic() > DELAY_S + 1:
            house.guests.clear()

    await drain_of(house, sleep=leave).run()

    assert house.clock.monotonic() < DELAY_S + 2


async def test_who_was_let_in_a_moment_before_goes_with_the_others():
    house = House(300)
    late: list[Guest] = []

    async def sleep(seconds):
        house.clock.advance(seconds)
        if not late:
            late.append(house.add())

    await drain_of(house, sleep=sleep).run()

    assert late[0].closed


async def test_a_window_of_nothing_is_one_batch():
    house = House(5)

    await drain_of(house, delay_s=0, window_s=0).run()

    assert {guest.left_at_s for guest in house.guests} == {0.0}


async def test_polls_are_answered_at_once_and_sockets_are_not():
    house = House(1)
    poll = house.add("poll")

    drain_of(house).answer_polls()

    assert (poll.closed, poll.is_expected_back) == (True, True)
    assert not house.guests[0].closed


async def test_all_who_are_sent_away_at_once_come_back_over_a_time_that_suits_their_number():
    few, many = House(10), House(3_000)

    drain_of(few).send_all_away()
    drain_of(many).send_all_away()

    assert all(guest.closed and guest.is_expected_back for guest in few.guests)
    assert {guest.left_at_s for guest in many.guests} == {0.0}
    assert min(g.after_ms for g in few.guests) >= LONGEST_AFTER_MS
    assert max(g.after_ms for g in few.guests) <= 2 * LONGEST_AFTER_MS
    assert max(g.after_ms for g in many.guests) > 3 * LONGEST_AFTER_MS
    assert max(g.after_ms for g in many.guests) <= LATEST_AFTER_MS


async def test_nobody_is_sent_away_twice():
    house = House(3)
    await drain_of(house).run()
    before = sent_away("stop")

    drain_of(house).send_all_away()

    assert sent_away("stop") == before
