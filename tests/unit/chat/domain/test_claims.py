from typing import NamedTuple

from hypothesis import given, strategies as st

from libs.common.events import Receipt
from services.chat.domain.claims import Claims, clamped


def claim(delivered=0, read=0, *, at_ms=0, session=None, private=False):
    return Receipt("room", "user", max(delivered, read), read, at_ms, session, private)


class Known(NamedTuple):
    """Watermarks, as whoever counts them has them."""

    delivered_seq: int = 0
    read_seq: int = 0
    shown_read_seq: int = 0


def folded(receipts):
    """Return what claims come to: the rule of the receipts service."""
    receipts = list(receipts)
    return Known(
        max((each.delivered_seq for each in receipts), default=0),
        max((each.read_seq for each in receipts), default=0),
        max((each.read_seq for each in receipts if not each.is_private), default=0),
    )


def merged(receipts):
    claims = Claims()
    for receipt in receipts:
        claims = claims.merged(Claims.of(receipt))
    return claims


SEQS = st.integers(0, 6)
SOME = st.lists(
    st.builds(
        claim,
        SEQS,
        SEQS,
        at_ms=st.integers(0, 5),
        session=st.sampled_from(["a", "b", None]),
        private=st.booleans(),
    ),
    max_size=6,
)


@given(SOME)
def test_merging_keeps_every_watermark_and_what_may_be_shown(receipts):
    claims = merged(receipts)

    assert folded(claims.receipts) == folded(receipts)
    assert len(claims.receipts) <= 2


@given(SOME, st.randoms())
def test_the_order_of_merging_does_not_matter_for_what_it_comes_to(receipts, random):
    shuffled = random.sample(receipts, len(receipts))

    assert folded(merged(receipts).receipts) == folded(merged(shuffled).receipts)


@given(SOME)
def test_a_session_is_only_named_that_knows_all_of_a_claim(receipts):
    for left in merged(receipts).receipts:
        if left.session is not None:
            own = folded(each for each in receipts if each.session == left.session)
            assert own.delivered_seq >= left.delivered_seq
            assert own.read_seq >= left.read_seq


@given(SOME)
def test_a_claim_is_never_dated_before_it_was_made(receipts):
    claims = merged(receipts)

    for left in claims.receipts:
        by_then = [each for each in receipts if each.at_ms <= left.at_ms]
        known = folded(by_then)
        assert known.delivered_seq >= left.delivered_seq
        assert known.read_seq >= left.read_seq


@given(SOME, st.builds(claim, SEQS, SEQS, private=st.booleans()))
def test_what_is_covered_adds_nothing(receipts, more):
    if merged(receipts).covers(more):
        assert folded([*receipts, more]) == folded(receipts)


@given(SOME)
def test_what_is_hidden_shows_nothing_and_claims_the_same(receipts):
    hidden = merged(receipts).hidden()

    assert folded(hidden.receipts) == folded(receipts)._replace(shown_read_seq=0)


@given(SOME, SEQS, SEQS, SEQS)
def test_only_what_is_reached_is_taken_for_confirmed(receipts, delivered, read, shown):
    read, shown = min(read, delivered), min(shown, read, delivered)
    known = Known(delivered, read, shown)

    left = merged(receipts).beyond(known)

    assert folded([*left.receipts, *_as_claims(known)]) == folded([*receipts, *_as_claims(known)])
    if all(here <= there for here, there in zip(folded(receipts), known, strict=True)):
        assert left.receipts == []


def _as_claims(known):
    """Return claims that come to these watermarks."""
    shown, private = claim(read=known.shown_read_seq), claim(read=known.read_seq, private=True)
    return [claim(known.delivered_seq), shown, private]


@given(SOME, SEQS)
def test_nothing_is_claimed_beyond_the_last_message(receipts, last_seq):
    left = folded(merged(receipts).clamped(last_seq).receipts)

    assert left == Known(*(min(seq, last_seq) for seq in folded(receipts)))


def test_a_private_and_a_public_claim_stay_two():
    claims = merged([claim(read=5), claim(read=9, private=True)])

    assert claims.receipts == [claim(read=5), claim(read=9, private=True)]


def test_what_others_were_not_shown_is_not_reached():
    public, private = claim(read=5), claim(read=5, private=True)

    assert Claims.of(public).beyond(Known(5, 5, 4)).receipts == [public]
    assert Claims.of(private).beyond(Known(5, 5, 4)).receipts == []


def test_what_was_received_privately_needs_no_claim_of_its_own_beside_a_greater_one():
    assert merged([claim(9, 5), claim(7, private=True)]).receipts == [claim(9, 5)]
    assert merged([claim(4), claim(9, 5, private=True)]).receipts == [claim(9, 5, private=True)]


def test_the_claim_that_says_more_keeps_its_time_and_its_session():
    old = claim(5, 5, at_ms=1, session="phone")
    new = claim(7, 7, at_ms=2, session="desk")

    assert merged([old, new]).public == new
    assert merged([new, old]).public == new


def test_of_equal_claims_the_earlier_is_right():
    early, late = claim(5, at_ms=1, session="phone"), claim(5, at_ms=2, session="desk")

    assert merged([early, late]).public == early
    assert merged([late, early]).public == early


def test_where_each_says_something_of_its_own_no_single_session_knows_all():
    received = claim(9, at_ms=1, session="phone")
    read = claim(5, 5, at_ms=2, session="desk")

    assert merged([received, read]).public == claim(9, 5, at_ms=2)


def test_one_session_that_said_both_knows_both():
    received = claim(9, at_ms=1, session="phone")
    read = claim(5, 5, at_ms=2, session="phone")

    assert merged([received, read]).public == claim(9, 5, at_ms=2, session="phone")


def test_a_claim_within_the_messages_is_left_alone():
    within = claim(5, 3, session="phone")

    assert clamped(within, 5) is within
