import contextlib
import uuid

import pytest
from hypothesis import given, strategies as st

from libs.common import control

USER, SID = uuid.uuid4(), uuid.uuid4()
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def pushed(**members):
    return {"type": "custom", "user": str(USER), "name": "shop.order", "data": "1"} | members


@pytest.mark.parametrize(
    "signal",
    [
        control.Revoked(user=USER, sids=(SID,)),
        control.Pushed(user=USER, name="shop.order", data='{"a":1}'),
    ],
)
def test_a_signal_comes_back_from_the_layer_as_it_went(signal):
    assert control.from_layer(control.to_layer(signal)) == signal


def test_members_of_a_newer_version_are_ignored():
    message = control.to_layer(control.Revoked(user=USER, sids=(SID,)))

    assert control.from_layer(message | {"why": "later"}).user == USER


@given(PLAIN | st.fixed_dictionaries({"type": st.sampled_from(["revoked", "custom"])}))
def test_whatever_comes_is_a_signal_or_a_bad_one(message):
    with contextlib.suppress(control.BadSignal):
        control.from_layer(message)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "revoked", "user": str(USER), "sids": []},
        {"type": "revoked", "user": str(USER), "sids": [str(SID)] * (control.MOST_SIDS + 1)},
        {"type": "revoked", "user": str(USER), "sids": ["x"]},
        pushed(user="x"),
        pushed(name="order"),
        pushed(name="Shop.order"),
        pushed(name="shop.order.paid"),
        pushed(name="shop.order\n"),
        pushed(name="a" * 65 + ".b"),
        pushed(name="parley.update"),
        pushed(data={"a": 1}),
    ],
)
def test_a_signal_with_a_wrong_member_is_refused(message):
    with pytest.raises(control.BadSignal):
        control.from_layer(message)


@pytest.mark.parametrize(
    "data",
    ["", "{", "NaN", "1e999", '"\\ud800"', "[" * 20_000, "1" * 5_000, "\ud800", '"' + "x" * 32_767],
)
def test_data_that_are_no_json_or_too_large_are_refused(data):
    signal = control.from_layer(pushed(data=data))

    assert isinstance(signal, control.Pushed)
    with pytest.raises(control.BadSignal):
        signal.value()


def test_data_may_be_as_large_as_they_may_be():
    text = "ä" * ((control.DATA_BYTES - 2) // 2)

    signal = control.from_layer(pushed(data=f'"{text}"'))

    assert isinstance(signal, control.Pushed)
    assert signal.value() == text
