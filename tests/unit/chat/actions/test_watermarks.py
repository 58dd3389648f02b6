from hypothesis import given, strategies as st

from libs.common.events import Advance
from services.chat.actions.watermarks import merged


@st.composite
def advance(draw):
    shown, read, delivered = sorted(draw(st.tuples(*[st.integers(0, 9)] * 3)))
    room, user = draw(st.sampled_from("rs")), draw(st.sampled_from("ab"))
    return Advance(room, user, delivered, read, shown, at_ms=draw(st.integers(0, 9)))


def marks(advance):
    return advance.delivered_seq, advance.read_seq, advance.shown_read_seq


@given(st.lists(advance()))
def test_one_advance_of_each_member_is_left_with_the_greatest_that_was_told(told):
    left = merged(told)

    assert sorted((e.room, e.user) for e in left) == sorted({(e.room, e.user) for e in told})
    for each in left:
        of_them = [marks(e) for e in told if (e.room, e.user) == (each.room, each.user)]
        assert marks(each) == tuple(map(max, zip(*of_them, strict=True)))


@given(st.lists(advance()))
def test_the_order_in_which_they_are_told_does_not_matter(told):
    assert {(each.room, each.user, *marks(each)) for each in merged(told)} == {
        (each.room, each.user, *marks(each)) for each in merged(reversed(told))
    }
