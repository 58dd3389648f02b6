from services.chat.domain.departing import AGE_SPREAD, LONGEST_AFTER_MS, SHORTEST_AFTER_MS
from services.chat.drain import Ages
from tests.unit.chat.drain.guests import House

HOUR_S = 3_600.0


def ages_of(house, greatest_s=HOUR_S):
    return Ages(all_sessions=lambda: house.guests, greatest_s=greatest_s, clock=house.clock)


def test_who_is_old_comes_back_and_not_all_at_the_same_time():
    house = House(400)
    ages = ages_of(house)
    for _ in range(int(2 * HOUR_S) // 15):
        ages.sweep()
        house.clock.advance(15)

    times_s = [guest.left_at_s for guest in house.guests]
    shortest_s, longest_s = HOUR_S * (1 - AGE_SPREAD), HOUR_S * (1 + AGE_SPREAD)
    assert shortest_s <= min(times_s) < max(times_s) <= longest_s + 15
    assert max(times_s) - min(times_s) > HOUR_S * AGE_SPREAD
    assert all(guest.is_expected_back for guest in house.guests)
    assert all(SHORTEST_AFTER_MS <= g.after_ms <= LONGEST_AFTER_MS for g in house.guests)


def test_who_came_later_stays_for_longer():
    house = House(1)
    ages = ages_of(house)
    ages.sweep()
    house.clock.advance(HOUR_S)
    young = house.add()
    ages.sweep()
    house.clock.advance(HOUR_S * AGE_SPREAD)
    ages.sweep()

    assert house.guests[0].closed
    assert not young.closed


def test_a_poll_ends_by_itself():
    house = House()
    poll = house.add("poll")
    ages = ages_of(house)
    ages.sweep()
    house.clock.advance(2 * HOUR_S)
    ages.sweep()

    assert not poll.closed
