"""That the statement of ``actions/incoming.py`` keeps this rule is tested on real tables."""

import itertools

import pytest
from hypothesis import given, strategies as st

from services.queue.domain.lag import Behind

SEQS = st.integers(0, 9)
NEWS = st.lists(st.tuples(st.booleans(), SEQS, SEQS), max_size=6)


def told(behind, news):
    for lags, seq, head in news:
        behind = behind.lagging(seq, head) if lags else behind.caught_up(seq)
    return behind


def test_of_whom_nothing_was_told_nothing_waits():
    assert Behind().is_finished


@pytest.mark.parametrize(
    "order", list(itertools.permutations([(True, 0, 5), (True, 3, 5), (False, 5, 0)]))
)
def test_whoever_caught_up_has_nothing_waiting_whatever_is_told_first(order):
    assert told(Behind(), order) == Behind(from_seq=5, to_seq=5)
    assert told(Behind(), order).is_finished


def test_old_news_of_lagging_do_not_bring_it_back():
    assert Behind(from_seq=5, to_seq=5).lagging(0, 5).is_finished


def test_whoever_falls_behind_again_is_behind():
    again = Behind(from_seq=5, to_seq=5).lagging(5, 7)

    assert not again.is_finished
    assert (again.from_seq, again.to_seq) == (5, 7)


@given(news=NEWS, data=st.data())
def test_neither_order_nor_repetition_matters(news, data):
    shuffled = data.draw(st.permutations(news + news))

    assert told(Behind(), shuffled) == told(Behind(), news)


@given(news=NEWS, more=NEWS)
def test_both_ends_only_ever_rise(news, more):
    before = told(Behind(), news)
    after = told(before, more)

    assert after.from_seq >= before.from_seq
    assert after.to_seq >= before.to_seq
