from itertools import pairwise

from hypothesis import given, strategies as st

from services.chat.domain.newest import Newest

EVERY_S = 1.0
NEARLY = 1e-9
schedules = st.lists(st.tuples(st.integers(0, 1500), st.sampled_from("abc")), max_size=60)
"""What is offered: milliseconds after the one before, and its key."""


class Telling:
    """Somebody who tells what is due as soon as it is."""

    def __init__(self):
        self.newest: Newest[str, tuple[str, float]] = Newest(every_s=EVERY_S)
        self.told: list[tuple[float, tuple[str, float]]] = []

    def tell(self, now_s):
        for key, news in self.newest.due(now_s, limit=10).items():
            self.newest.told(key, news, now_s)
            self.told.append((now_s, news))

    def tell_until(self, end_s):
        while (next_at_s := self.newest.next_at_s()) is not None and next_at_s <= end_s:
            self.tell(next_at_s)

    def of(self, key):
        return [(at_s, news[1]) for at_s, news in self.told if news[0] == key]


def play(schedule):
    """Return the telling of a schedule, and when each key was offered."""
    telling, now_s = Telling(), 0.0
    offered: dict[str, list[float]] = {}
    for pause_ms, key in schedule:
        now_s += pause_ms / 1000
        telling.tell_until(now_s)
        telling.newest.offer(key, (key, now_s))
        offered.setdefault(key, []).append(now_s)
        telling.tell(now_s)
    telling.tell_until(float("inf"))
    return telling, offered


@given(schedules)
def test_no_key_is_told_more_often_than_once_a_second(schedule):
    telling, offered = play(schedule)

    for key in offered:
        times = [at_s for at_s, _ in telling.of(key)]
        assert all(b - a >= EVERY_S - NEARLY for a, b in pairwise(times))


@given(schedules)
def test_the_first_is_told_at_once_and_the_last_always_within_a_second(schedule):
    telling, offered = play(schedule)

    for key, times in offered.items():
        first_at_s, first = telling.of(key)[0]
        last_at_s, last = telling.of(key)[-1]
        assert (first_at_s, first) == (times[0], times[0])
        assert last == times[-1]
        assert last_at_s - last <= EVERY_S + NEARLY


@given(schedules)
def test_what_is_told_is_the_newest_of_its_time(schedule):
    telling, offered = play(schedule)

    for key, times in offered.items():
        for at_s, news in telling.of(key):
            # At the very instant of a telling something may come before or after it.
            earlier = max((time for time in times if time < at_s), default=news)
            assert earlier <= news <= at_s


@given(schedules)
def test_nothing_is_kept_once_everything_is_told(schedule):
    telling, _ = play(schedule)

    assert len(telling.newest) == 0


def test_what_could_not_be_told_stays_due_and_only_the_newest_of_it():
    newest: Newest[str, int] = Newest(every_s=EVERY_S)

    for number in range(100):
        newest.offer("a", number)
        newest.due(float(number), limit=10)

    assert (newest.due(100.0, limit=10), len(newest)) == ({"a": 99}, 1)


def test_news_that_come_while_others_are_told_wait_for_their_time():
    newest: Newest[str, int] = Newest(every_s=EVERY_S)
    newest.offer("a", 1)
    due = newest.due(0.0, limit=10)
    newest.offer("a", 2)

    newest.told("a", due["a"], 0.0)

    assert newest.due(0.9, limit=10) == {}
    assert newest.due(1.0, limit=10) == {"a": 2}


def test_what_is_forgotten_is_not_told():
    newest: Newest[str, int] = Newest(every_s=EVERY_S)
    newest.offer("a", 1)
    newest.offer("b", 2)

    newest.forget("a")

    assert (newest.keeps("a"), newest.due(0.0, limit=10)) == (False, {"b": 2})


def test_no_more_is_due_at_once_than_was_asked_for_and_the_oldest_come_first():
    newest: Newest[str, int] = Newest(every_s=EVERY_S)
    for number, key in enumerate("cab"):
        newest.offer(key, number)

    assert newest.due(0.0, limit=2) == {"c": 0, "a": 1}
