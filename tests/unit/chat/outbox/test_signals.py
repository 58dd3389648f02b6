import asyncio
import uuid

import pytest
from redis.exceptions import ConnectionError as RedisGone

from libs.common import control
from libs.common.clock import ManualClock
from services.chat.outbox import signals
from services.chat.outbox.signals import MOST_AT_ONCE, Signals
from tests.waiting import until

USER = str(uuid.uuid4())


class FakeLayer:
    """Keeps what is sent; breaks or hangs when told to."""

    def __init__(self) -> None:
        self.sent: list[control.Revoked] = []
        self.error: Exception | None = None
        self.hangs = False
        self.hung = 0

    async def group_send(self, group: str, message: object) -> None:
        assert group == control.GROUP
        if self.hangs:
            self.hung += 1
            await asyncio.sleep(3600)
        if self.error is not None:
            raise self.error
        signal = control.from_layer(message)
        assert isinstance(signal, control.Revoked)
        self.sent.append(signal)


def sids(count):
    return [str(uuid.uuid4()) for _ in range(count)]


def lost():
    return signals.LOST.labels("revoked")._value.get()


async def test_a_sign_out_is_sent_in_the_background():
    layer, ended = FakeLayer(), sids(2)

    Signals(layer=layer, clock=ManualClock()).revoked(USER, ended)

    await until(lambda: layer.sent)
    assert [str(sid) for sid in layer.sent[0].sids] == ended
    assert str(layer.sent[0].user) == USER


async def test_nothing_ended_sends_nothing():
    layer = FakeLayer()
    told = Signals(layer=layer, clock=ManualClock())

    told.revoked(USER, [])
    told.revoked(USER, sids(1))

    await until(lambda: layer.sent)
    assert [len(signal.sids) for signal in layer.sent] == [1]


async def test_many_sign_ins_go_in_several_signals():
    layer, ended = FakeLayer(), sids(control.MOST_SIDS + 1)

    Signals(layer=layer, clock=ManualClock()).revoked(USER, ended)

    await until(lambda: len(layer.sent) == 2)
    assert [str(sid) for signal in layer.sent for sid in signal.sids] == ended


@pytest.mark.parametrize("error", [RedisGone("gone"), OSError("gone"), TimeoutError()])
async def test_a_signal_that_redis_does_not_take_is_counted_and_forgotten(error):
    layer, before = FakeLayer(), lost()
    layer.error = error

    Signals(layer=layer, clock=ManualClock()).revoked(USER, sids(1))

    await until(lambda: lost() == before + 1)


async def test_while_redis_hangs_signals_are_given_up_in_time_and_do_not_pile_up():
    layer, before = FakeLayer(), lost()
    layer.hangs = True
    clock = ManualClock()
    told = Signals(layer=layer, clock=clock)

    for _ in range(MOST_AT_ONCE + 3):
        told.revoked(USER, sids(1))

    await until(lambda: lost() == before + MOST_AT_ONCE + 3)
    layer.hangs = False
    told.revoked(USER, sids(1))
    await until(lambda: lost() == before + MOST_AT_ONCE + 4)
    clock.advance(told.breaker.retry_after_s)
    told.revoked(USER, sids(1))
    await until(lambda: layer.sent)

    assert layer.hung == MOST_AT_ONCE
    assert told.breaker.state == "closed"
