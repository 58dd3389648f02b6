"""How long folds wait for company."""

import pytest

from services.receipts.actions.fold.folder import EVERY_S, LONGEST_REST_S, from_fold_to_fold_s


@pytest.mark.parametrize(
    ("took_s", "after_s"), [(0.001, EVERY_S), (0.02, 0.08), (2.0, LONGEST_REST_S)]
)
def test_folds_take_a_quarter_of_the_time_where_they_take_long(took_s, after_s):
    assert from_fold_to_fold_s(took_s) == pytest.approx(after_s)
