"""How long the writer collects."""

import pytest

from services.chat.writer.collecting import LONGEST_COLLECT_S, collecting_s


@pytest.mark.parametrize(
    ("least_s", "took_s", "collected_s"),
    [
        (0.01, 0.001, 0.01),
        (0.01, 0.01, 0.02),
        (0.01, 2.0, LONGEST_COLLECT_S),
        (0.1, 2.0, 0.1),
        (0.0, 0.0, 0.0),
    ],
)
def test_it_collects_for_longer_where_calls_take_long(least_s, took_s, collected_s):
    assert collecting_s(least_s, took_s=took_s) == pytest.approx(collected_s)
