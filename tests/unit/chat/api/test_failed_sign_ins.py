"""Failed sign-ins are noted while there are not too many, and never keep anybody from an answer."""

from typing import Any, cast

import pytest
from django.test import RequestFactory

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.rates.bucket import TokenBucket
from services.chat.api.failed_sign_ins import UNRECORDED, note_failure
from tests.unit.chat.api.some_parts import state_with

ADDRESS = "192.0.2.7"


class Database:
    """Takes what is noted; or is away."""

    def __init__(self):
        self.noted = []
        self.is_away = False

    async def run(self, function, **what):
        if self.is_away:
            raise Unavailable
        self.noted.append((function.__name__, what))


class House:
    """A request of somebody who failed, to a process that notes two at once, then one in 2 s."""

    def __init__(self):
        self.clock, self.database = ManualClock(), Database()
        self.request = cast(Any, RequestFactory(REMOTE_ADDR=ADDRESS).post("/api/chat/auth/token"))
        bucket = TokenBucket(per_s=0.5, burst=2)
        self.request.scope = {
            "state": state_with(clock=self.clock, database=self.database, failures_noted=bucket)
        }

    async def fail(self):
        await note_failure(self.request, username="ann")


@pytest.fixture
def house():
    return House()


def unrecorded(why):
    return UNRECORDED.labels(why)._value.get()


async def test_a_failure_is_noted_with_the_address(house):
    await house.fail()

    assert house.database.noted == [
        ("note_failed_sign_in", {"username": "ann", "address": ADDRESS})
    ]


async def test_too_many_are_counted_instead_until_time_has_passed(house):
    before = unrecorded("too_many")

    for _ in range(5):
        await house.fail()
    at_once = len(house.database.noted)
    house.clock.advance(2)
    await house.fail()

    assert at_once == 2
    assert len(house.database.noted) == 3
    assert unrecorded("too_many") - before == 3


async def test_without_the_database_whoever_failed_is_refused_all_the_same(house):
    before = unrecorded("no_database")
    house.database.is_away = True

    await house.fail()

    assert unrecorded("no_database") - before == 1
