"""What serves is what was asked for; without this, tests for one server could run with another."""

import re

import pytest

from dev.settings import environment
from tests.integration.chat.world import PROCESSES


@pytest.mark.both_servers
async def test_the_processes_are_served_by_the_server_of_the_environment(world):
    wanted = environment().get("SERVER", "uvicorn")

    servers = re.findall(r"\bserving\b.* server=(\w+)", world.suite.log)

    assert len(servers) >= PROCESSES
    assert set(servers) == {wanted}
