"""Every panel of every dashboard, asked of a real Prometheus while real people talk."""

import asyncio
import math

import pytest

from dev.monitoring.dashboards import DASHBOARDS, Panel
from dev.monitoring.dashboards.parts import RATE
from dev.monitoring.servers import Prometheus
from tests.integration.monitoring.talking import talking
from tests.promtool import needs_prometheus

pytestmark = [needs_prometheus, pytest.mark.timeout(300)]

WITHIN_S = 60.0
EVERY_S = 0.5


def shows(panel: Panel, prometheus: Prometheus) -> bool:
    """Whether each query of a panel gives a number; where it may be empty, whether it is asked well."""
    found = [
        [value for _, value in prometheus.ask(concrete(query.expr)) if math.isfinite(value)]
        for query in panel.queries
    ]
    return all(found)


def concrete(query: str) -> str:
    """Put in what Grafana would: here a scrape is a second."""
    return query.replace(RATE, "10s").replace("$job", ".+")


async def test_every_panel_shows_something_while_people_talk(world, prometheus):
    dark = {(each.uid, panel.title): panel for each in DASHBOARDS for panel in each.panels}
    async with talking(world):
        deadline = asyncio.get_running_loop().time() + WITHIN_S
        while dark and asyncio.get_running_loop().time() < deadline:
            for name, panel in list(dark.items()):
                if await asyncio.to_thread(shows, panel, prometheus):
                    del dark[name]
            await asyncio.sleep(EVERY_S if dark else 0)

    assert sorted(dark) == []


async def test_people_can_chat_as_long_as_chat_answers(world, prometheus):
    question = DASHBOARDS[0].panels[0].queries[0].expr

    async def until_answer_is(answer: float) -> None:
        async with asyncio.timeout(WITHIN_S):
            while [v for _, v in await asyncio.to_thread(prometheus.ask, concrete(question))] != [
                answer
            ]:
                await asyncio.sleep(EVERY_S)

    await until_answer_is(1)
    await asyncio.to_thread(world.suite.stop_service, "chat")
    try:
        await until_answer_is(0)
    finally:
        await asyncio.to_thread(world.suite.start_service, "chat")
    await until_answer_is(1)
