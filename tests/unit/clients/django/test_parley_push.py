import asyncio
import uuid

import pytest
from channels.layers import InMemoryChannelLayer
from hypothesis import given, strategies as st

from clients.django import parley_push
from libs.common import control

USER = "0190f0a0-0000-7000-8000-00000000000a"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(max_size=20)
    # What is so large that its digits exceed 64 bits comes as another number.
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


class Broken:
    """A layer whose Redis is away, or hangs."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.hangs = hangs

    async def group_send(self, group: str, message: object) -> None:
        if self.hangs:
            await asyncio.sleep(3600)
        raise ConnectionError("refused")


@pytest.fixture
def layer_is(monkeypatch):
    def use(layer):
        monkeypatch.setattr(parley_push, "get_channel_layer", {"parley": layer}.get)

    return use


def test_it_says_what_the_services_understand():
    assert parley_push.GROUP == control.GROUP
    assert parley_push.DATA_BYTES == control.DATA_BYTES
    assert parley_push.NAME_PATTERN == control.NAME_PATTERN
    assert parley_push.RESERVED_NAMESPACE == control.RESERVED_NAMESPACE
    assert parley_push.LAYER == control.LAYER_PREFIX


@given(user=st.uuids(), data=JSON)
def test_what_it_accepts_chat_accepts_and_reads_the_same(user, data):
    message = parley_push._message(user, "shop.order-1", data)

    signal = control.from_layer(message)

    assert isinstance(signal, control.Pushed)
    assert (signal.user, signal.name) == (user, "shop.order-1")
    assert signal.value() == data


@pytest.mark.parametrize("user", ["", "alice", USER + "0", 7, None])
def test_a_user_that_is_no_uuid_is_refused(user):
    with pytest.raises(ValueError, match="no UUID"):
        parley_push.push_to_user(user, "shop.order", 1)


@pytest.mark.parametrize(
    "name",
    ["", "order", "shop.", ".order", "Shop.order", "shop.order\n", "a.b.c", "shop order.x", 7],
)
def test_a_name_without_a_namespace_is_refused(name):
    with pytest.raises(ValueError, match="namespace"):
        parley_push.push_to_user(USER, name, 1)


def test_the_namespace_of_parley_is_reserved():
    with pytest.raises(ValueError, match="reserved"):
        parley_push.push_to_user(USER, "parley.update", 1)


@pytest.mark.parametrize(
    "data", [float("nan"), float("inf"), {1, 2}, b"bytes", "\ud800", object(), uuid.uuid4()]
)
def test_data_that_json_cannot_say_are_refused(data):
    with pytest.raises(ValueError, match="JSON"):
        parley_push.push_to_user(USER, "shop.order", {"inside": [data]})


def test_data_that_contain_themselves_are_refused():
    data: list[object] = []
    data.append(data)

    with pytest.raises(ValueError, match="JSON"):
        parley_push.push_to_user(USER, "shop.order", data)


def test_data_are_bounded_by_their_bytes():
    parley_push._message(USER, "shop.order", "ä" * ((control.DATA_BYTES - 2) // 2))

    with pytest.raises(ValueError, match="at most"):
        parley_push._message(USER, "shop.order", "ä" * (control.DATA_BYTES // 2))


def test_a_layer_that_is_not_configured_is_named(layer_is):
    layer_is(None)

    with pytest.raises(ValueError, match="'parley'"):
        parley_push.push_to_user(USER, "shop.order", 1)


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_redis_that_does_not_take_it_raises(layer_is, monkeypatch, hangs):
    monkeypatch.setattr(parley_push, "SEND_WITHIN_S", 0.01)
    layer_is(Broken(hangs=hangs))

    with pytest.raises(parley_push.PushFailed):
        await parley_push.apush_to_user(USER, "shop.order", 1)


async def test_it_sends_one_message_to_the_group(layer_is):
    layer = InMemoryChannelLayer()
    layer_is(layer)
    channel = await layer.new_channel()
    await layer.group_add(control.GROUP, channel)

    await parley_push.apush_to_user(USER.upper(), "shop.order", [1])

    assert await layer.receive(channel) == {
        "type": "custom",
        "user": USER,
        "name": "shop.order",
        "data": "[1]",
    }
