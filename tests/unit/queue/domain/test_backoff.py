import pytest

from services.queue.domain.backoff import OFFERED_AGAIN_AFTER_S, calculate_backoff

BASE_S, LONGEST_S = 0.5, 15.0
NEARLY_ONE = 1 - 2**-53


def latest(tries):
    return calculate_backoff(tries, base_s=BASE_S, longest_s=LONGEST_S, random=lambda: NEARLY_ONE)


def earliest(tries):
    return calculate_backoff(tries, base_s=BASE_S, longest_s=LONGEST_S, random=lambda: 0.0)


def test_pauses_double_up_to_the_longest():
    assert [latest(tries) for tries in range(1, 8)] == pytest.approx([0.5, 1, 2, 4, 8, 15, 15])


def test_half_of_each_pause_is_random():
    for tries in range(1, 8):
        assert earliest(tries) == pytest.approx(latest(tries) / 2)


def test_however_often_it_was_tried_there_is_a_pause():
    assert latest(10**9) == pytest.approx(LONGEST_S)


def test_what_is_not_acknowledged_is_offered_again_ever_later():
    assert list(OFFERED_AGAIN_AFTER_S) == [2, 4, 8]
