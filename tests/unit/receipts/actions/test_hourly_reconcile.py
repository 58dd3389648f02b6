import asyncio

import pytest
from redis.exceptions import ConnectionError as NoRedis

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from services.receipts.actions.reconcile import ChatIsSilent, HourlyReconcile, Reconciler
from services.receipts.actions.reconcile.hourly import FIRST_AFTER_S, LOOK_EVERY_S


class Failing(HourlyReconcile):
    """Fails at each look, until no outcome is left."""

    outcomes: list[Exception]

    async def look(self):
        if not self.outcomes:
            raise asyncio.CancelledError
        raise self.outcomes.pop(0)


async def test_it_lets_the_service_catch_up_first_and_no_failure_ends_it():
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    hourly = Failing(
        Reconciler(None, ask=None),  # type: ignore[arg-type]  # not reached
        redis=None,  # type: ignore[arg-type]  # not reached
        clock=ManualClock(),
        sleep=sleep,
        chance=lambda: 0.5,
    )
    hourly.outcomes = [ChatIsSilent(), Unavailable(), NoRedis(), ZeroDivisionError()]

    with pytest.raises(asyncio.CancelledError):
        await hourly.run()

    assert waits == [FIRST_AFTER_S, *[LOOK_EVERY_S] * 4]
