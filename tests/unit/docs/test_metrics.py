import pytest

from dev import metrics_page
from dev.metrics_page import Declared


def test_the_page_is_what_the_code_declares_and_the_table_tells():
    written = metrics_page.PAGE.read_text()

    assert written == metrics_page.page(metrics_page.declared(), metrics_page.meanings())


def test_a_metric_that_the_table_does_not_tell_of_is_named():
    known = {"parley_new_total": Declared("parley_new_total", "counter", ())}

    with pytest.raises(LookupError, match="parley_new_total"):
        metrics_page.page(known, {"Chat": {}})


def test_a_metric_that_is_told_of_and_nowhere_declared_is_named():
    with pytest.raises(LookupError, match="parley_old"):
        metrics_page.page({}, {"Chat": {"parley_old": "always"}})
