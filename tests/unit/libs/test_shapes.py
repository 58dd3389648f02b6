from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from libs.common.shapes import wrong_members


class Order(msgspec.Struct, frozen=True, kw_only=True):
    count: Annotated[int, Meta(ge=1, description="How many, from 1.")]
    price: int = msgspec.field(name="priceInCents")
    note: Annotated[str, Meta(max_length=3, description="Three characters.")] | None = None


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"count": 1, "priceInCents": 5}, {}),
        ({"count": 1, "priceInCents": 5, "note": None, "later": 1}, {}),
        ({}, {name: ["This member is required."] for name in ("count", "priceInCents")}),
        ({"count": 0, "priceInCents": 5}, {"count": ["How many, from 1."]}),
        ({"count": True, "priceInCents": 5}, {"count": ["How many, from 1."]}),
        ({"count": 1, "priceInCents": 5, "note": "four"}, {"note": ["Three characters."]}),
        (
            {"count": 1, "price": 5, "priceInCents": "5"},
            {"priceInCents": ["Expected `int`, got `str`"]},
        ),
    ],
)
def test_each_wrong_member_is_named_as_it_is_written_and_described_for_people(value, wrong):
    assert wrong_members(Order, value) == wrong
