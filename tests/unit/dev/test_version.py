import json

import pytest

from dev import version
from dev.settings import ROOT


@pytest.mark.parametrize("place", version.PLACES)
def test_every_place_says_the_version_of_the_product(place):
    text = (ROOT / place).read_text(encoding="utf-8")

    wanted = version.with_version(place, text, version.product_version())

    assert text == wanted, "make fix writes it"


@pytest.mark.parametrize("place", version.PLACES)
def test_nothing_but_the_version_is_written(place):
    text = (ROOT / place).read_text(encoding="utf-8")

    other = version.with_version(place, text, "12.34.56")

    assert other != text
    assert version.with_version(place, other, version.product_version()) == text


def test_in_a_lock_what_is_not_ours_stays():
    place = "clients/web/package-lock.json"
    text = (ROOT / place).read_text(encoding="utf-8")
    before = json.loads(text)["packages"]

    now = json.loads(version.with_version(place, text, "12.34.56"))["packages"]

    changed = {name for name, package in now.items() if package != before[name]}
    assert changed == {"", "app", "sdk"}


def test_a_place_that_says_no_version_is_missed():
    with pytest.raises(LookupError, match="Dockerfile says no version"):
        version.with_version("Dockerfile", "FROM scratch\n", "1.0.0")
