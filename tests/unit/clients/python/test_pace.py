"""How fast messages go, and who has to wait."""

import pytest

from clients.python.parley.errors import RateLimited, Unavailable
from clients.python.parley.outbox import Outbox
from clients.python.parley.pace import Pace
from clients.python.parley.pending import Road
from tests.unit.clients.python.outbox_steps import add, contents, frames, miss


def test_a_rate_limit_is_no_try_and_holds_every_room_back(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, RateLimited(retry_after_s=3), now=0)
    add(outbox, "b", room="other")

    assert outbox.due(now=2.9, online=True).frames == []
    again = frames(outbox, now=3)
    assert contents(again) == ["a", "b"]
    assert pending.tries == 0


@pytest.mark.parametrize(("road", "goes"), [(Road.HTTP, []), (Road.QUEUE, ["b"])])
def test_a_rate_limit_over_http_holds_others_back_where_chat_asked_for_it(outbox, road, goes):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)
    if road is Road.QUEUE:
        miss(outbox)

    limited = miss(outbox, error=RateLimited(retry_after_s=60))
    add(outbox, "b", room="other")

    assert limited.road is road
    assert contents(frames(outbox, now=1)) == goes
    assert contents(frames(outbox, now=60)) + goes == ["b"]


def test_sends_keep_to_the_announced_pace():
    pace = Pace()
    pace.limit(rate_per_s=20, burst=3, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    for number in range(30):
        add(outbox, str(number))

    burst, after_a_second = frames(outbox, now=0), frames(outbox, now=0.1) + frames(outbox, now=0.2)

    assert contents(burst) == ["0", "1", "2"]
    assert contents(after_a_second) == ["3", "4", "5"]


def test_what_is_repeated_comes_before_what_was_added_later_and_still_waits():
    pace = Pace()
    pace.limit(rate_per_s=1, burst=1, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    first = add(outbox, "a")
    add(outbox, "b")
    frames(outbox, now=0)

    outbox.refused(first.ref, RateLimited(), now=0)

    assert contents(frames(outbox, now=2)) == ["a"]
    assert contents(frames(outbox, now=4)) == ["b"]


def test_a_pause_that_the_server_asked_for_outlasts_its_connection():
    pace = Pace()
    pace.limit(rate_per_s=20, burst=100, now=0)
    pace.pause(until=3)

    pace.limit(rate_per_s=20, burst=100, now=2)

    assert not pace.spend(2.9)
    assert sum(pace.spend(3) for _ in range(100)) == 20
