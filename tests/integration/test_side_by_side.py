"""Tests that are marked so run at the same time, and each ends as it did by itself."""

import asyncio

import pytest

from tests.integration.waiting import WITHIN_S

pytestmark = pytest.mark.side_by_side

MEETING = asyncio.Barrier(2)


@pytest.mark.parametrize("number", range(2))
async def test_two_meet(world, number):
    async with asyncio.timeout(WITHIN_S):
        await MEETING.wait()


@pytest.mark.xfail(raises=LookupError, strict=True, reason="so it is seen that it does")
async def test_what_fails_does_so_alone(world):
    raise LookupError
