"""Whatever the order in which the hub hears of things, everybody is told what is theirs."""

import asyncio

import pytest
from hypothesis import example, given, settings, strategies as st

from tests.properties.hub_play import Play
from tests.properties.quick_time import QuickLoop

SCHEDULES = 800
ACTS = st.lists(st.integers(1, 12), min_size=1, max_size=8)
"""How many deeds each act has; behind each act everybody has to know everything."""


@pytest.mark.promise(number=4)
@pytest.mark.timeout(180)
@settings(max_examples=SCHEDULES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), acts=ACTS)
@example(seed=4142, acts=[10] * 7)  # a session that opens by an older reading than another's
@example(seed=190, acts=[5] * 8)  # a reading that is due again, and fails
def test_members_are_told_everything_in_order_and_strangers_nothing(seed, acts):
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        problems = runner.run(Play(seed).perform(acts))

    assert problems == []
