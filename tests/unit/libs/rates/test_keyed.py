import pytest

from libs.common.rates import keyed
from libs.common.rates.keyed import KeyedBuckets, key_of_address


def test_each_key_has_a_bucket_of_its_own():
    buckets = KeyedBuckets(per_s=1, burst=1)

    taken = [buckets.take(key, 0.0) for key in ("a", "b", "a")]

    assert taken == [0.0, 0.0, 1.0]


def test_what_is_full_again_is_forgotten():
    buckets = KeyedBuckets(per_s=1, burst=1)
    buckets.take("a", 0.0)

    for number in range(keyed.SWEEP_EVERY):
        buckets.take("b", 10.0 + number)

    assert len(buckets) == 1


def test_there_are_never_more_than_so_many_and_the_oldest_go():
    buckets = KeyedBuckets(per_s=0.001, burst=1, most_keys=100)

    for number in range(1_000):
        buckets.take(str(number), 0.0)

    assert len(buckets) <= 100
    assert buckets.take("999", 0.0) > 0
    assert buckets.take("0", 0.0) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_one_client_is_one_key(address, key):
    assert key_of_address(address) == key
