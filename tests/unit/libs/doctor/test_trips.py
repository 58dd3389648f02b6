from libs.common.clock import ManualClock, to_unix_ms
from libs.common.doctor.asking.trips import TRIPS, best_trip


async def test_the_shortest_trip_says_how_far_the_clocks_are_apart():
    clock, waits_s = ManualClock(), [3.0, 0.2, 1.0, 5.0, 2.0]

    async def ask_time():
        wait_s = waits_s.pop(0)
        # Late on the way back, as where a machine is busy.
        clock.advance(wait_s / 2 if wait_s < 1 else 0)
        theirs_s = to_unix_ms(clock.now()) / 1000 + 7
        clock.advance(wait_s / 2 if wait_s < 1 else wait_s)
        return theirs_s

    trip = await best_trip(ask_time, clock=clock)

    assert len(waits_s) == 5 - TRIPS
    assert round(trip.took_ms) == 200
    assert round(trip.ahead_s, 3) == 7
