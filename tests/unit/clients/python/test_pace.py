"""How fast messages go, and who has to wait."""

from clients.python.parley.errors import RateLimited
from clients.python.parley.outbox import Outbox
from clients.python.parley.pace import Pace
from tests.unit.clients.python.outbox_steps import add, contents, frames


def test_a_rate_limit_is_no_try_and_holds_every_room_back(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, RateLimited(retry_after_s=3), now=0)
    add(outbox, "b", room="other")

    assert outbox.due(now=2.9, online=True).frames == []
    again = frames(outbox, now=3)
    assert contents(again) == ["a", "b"]
    assert pending.tries == 0


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
