"""Watermarks only rise, and it never matters in which order, or how often, news of them come."""

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from services.receipts.domain.watermarks import Claim, Watermarks, rising

SEQS = st.integers(min_value=0, max_value=12)
EXAMPLES = settings(max_examples=300)


ANYHOW = st.booleans()


@st.composite
def claims(draw, *, private=ANYHOW):
    """Draw what a member says to have received and read."""
    read_seq = draw(SEQS)
    return Claim(
        delivered_seq=max(draw(SEQS), read_seq),
        read_seq=read_seq,
        shown_read_seq=0 if draw(private) else read_seq,
        at_ms=draw(st.integers(1, 5)),
    )


@st.composite
def own_messages(draw, *, private=ANYHOW):
    """Draw messages that the member wrote, all of them privately or none."""
    return frozenset(draw(st.sets(SEQS, max_size=3))), draw(private)


PUBLIC = st.lists(st.one_of(claims(private=st.just(False)), own_messages(private=st.just(False))))
ANY = st.lists(st.one_of(claims(), own_messages()))
PRIVATE = st.lists(st.one_of(claims(private=st.just(True)), own_messages(private=st.just(True))))


def states_after(news):
    """Return the watermarks after each piece of news: a claim, or own messages."""
    marks, states = Watermarks(), []
    own: set[int] = set()
    private: set[int] = set()
    for each in news:
        if isinstance(each, Claim):
            marks = marks.after(each)
        else:
            seqs, is_private = each
            own |= seqs
            private |= seqs if is_private else set()
        marks = marks.past_own(own, private)
        states.append(marks)
    return states


@pytest.mark.promise(number=5)
@given(ANY)
@EXAMPLES
def test_watermarks_never_go_back_and_keep_their_order(news):
    states = [Watermarks(), *states_after(news)]

    for before, after in pairwise(states):
        assert after.delivered_seq >= before.delivered_seq
        assert after.read_seq >= before.read_seq
        assert after.shown_read_seq >= before.shown_read_seq
        assert 0 <= after.shown_read_seq <= after.read_seq <= after.delivered_seq


@given(PUBLIC.filter(bool), st.data())
@EXAMPLES
def test_order_and_repetition_do_not_matter(news, data):
    again = data.draw(st.permutations(news + data.draw(st.lists(st.sampled_from(news)))))

    assert states_after(again)[-1] == states_after(news)[-1]


@given(ANY.filter(bool), st.data())
@EXAMPLES
def test_private_reading_changes_nothing_but_what_is_shown(news, data):
    again = data.draw(st.permutations(news + data.draw(st.lists(st.sampled_from(news)))))

    one, other = states_after(again)[-1], states_after(news)[-1]
    assert (one.delivered_seq, one.read_seq) == (other.delivered_seq, other.read_seq)


@given(PUBLIC, PRIVATE)
@EXAMPLES
def test_nothing_that_is_private_moves_what_is_shown(before, meanwhile):
    states = [Watermarks(), *states_after([*before, *meanwhile])]

    switched_off_at, *then = [state.shown_read_seq for state in states[len(before) :]]
    assert set(then) <= {switched_off_at}


@given(st.lists(claims(), max_size=6))
@EXAMPLES
def test_what_a_batch_holds_of_a_member_rises_and_reaches_the_same(batch):
    found = rising((("room", "user"), claim) for claim in batch)
    steps = found.get(("room", "user"), [])

    reached = [Watermarks()]
    for step in steps:
        reached.append(reached[-1].after(step))
    whole = Watermarks()
    for claim in batch:
        whole = whole.after(claim)
    assert reached[-1] == whole
    assert all(after != before for before, after in pairwise(reached))
    assert bool(found) == bool(steps)
    times = [step.at_ms or 0 for step in steps]
    assert times == sorted(times)


def test_messages_below_an_own_one_are_not_read_by_writing_it():
    marks = Watermarks(delivered_seq=30, read_seq=30, shown_read_seq=30)

    flushed = marks.past_own({42, 43})

    assert flushed == marks


def test_a_private_message_of_ones_own_is_read_by_oneself_only():
    marks = Watermarks(delivered_seq=4, read_seq=4, shown_read_seq=4)

    written = marks.past_own({5, 6, 7}, private={6})

    assert written == Watermarks(delivered_seq=7, read_seq=7, shown_read_seq=5)


def test_own_messages_count_as_read_once_everything_below_is():
    marks = Watermarks(delivered_seq=30, read_seq=30, shown_read_seq=30)

    read = marks.after(Claim(delivered_seq=41, read_seq=41, shown_read_seq=41)).past_own({42, 43})

    assert read == Watermarks(delivered_seq=43, read_seq=43, shown_read_seq=43)
