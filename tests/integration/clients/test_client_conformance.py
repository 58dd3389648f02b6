"""Parley for Python does its part, whatever a server does: the scenarios of ``tests/conformance``."""

import pytest

from tests.conformance.server.parley_for_python import Adapter
from tests.conformance.server.playing import Stage
from tests.conformance.server.running import WITHIN_S, scenarios

pytestmark = pytest.mark.side_by_side


@pytest.mark.parametrize("scenario", scenarios(), ids=str)
async def test_the_client_does_its_part(world, scenario):
    adapter = Adapter()
    try:
        await Stage(adapter.do, within_s=WITHIN_S).play(scenario.steps)
    finally:
        await adapter.end()
