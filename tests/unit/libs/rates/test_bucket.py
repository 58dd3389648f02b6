import pytest

from libs.common.rates.bucket import TokenBucket


def test_a_burst_passes_at_once_and_no_more():
    bucket = TokenBucket(per_s=20, burst=5)

    assert [bucket.take(0.0) == 0 for _ in range(6)] == [True] * 5 + [False]


def test_it_tells_when_there_is_a_token_and_then_there_is():
    bucket = TokenBucket(per_s=20, burst=1)
    bucket.take(0.0)

    wait_s = bucket.take(0.01)

    assert wait_s == pytest.approx(0.04)
    assert bucket.take(0.01 + wait_s + 1e-9) == 0


def test_a_refusal_costs_nothing():
    bucket = TokenBucket(per_s=1, burst=1)
    bucket.take(0.0)

    for _ in range(100):
        bucket.take(0.5)

    assert bucket.take(1.0) == 0


def test_idleness_is_saved_up_to_one_burst_only():
    bucket = TokenBucket(per_s=10, burst=3)

    assert [bucket.take(1000.0) == 0 for _ in range(4)] == [True, True, True, False]


def test_in_the_long_run_the_rate_holds():
    bucket = TokenBucket(per_s=20, burst=100)

    passed = sum(bucket.take(step / 1000) == 0 for step in range(10_000))

    assert passed == 100 + 10 * 20 - 1


def test_several_are_taken_together_or_not_at_all():
    bucket = TokenBucket(per_s=10, burst=5)

    assert bucket.take(0.0, 4) == 0
    assert bucket.take(0.0, 2) == pytest.approx(0.1)
    assert bucket.take(0.0, 1) == 0


def test_more_than_a_burst_counts_as_a_burst():
    bucket = TokenBucket(per_s=10, burst=5)

    assert bucket.take(0.0, 100) == 0
    assert bucket.take(0.0) == pytest.approx(0.1)
