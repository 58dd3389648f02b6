"""Real suites for tests that break them: one for most modules, and one each for those marked."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from dev.harness import UNLIMITED, RunningSuite
from dev.settings import environment
from tests.faults.seeds import seed_of_the_day
from tests.faults.stage import Stage
from tests.redis_users import refusals

FAULT_S = 300
LONG_S = 90.0
"""What may be spent on tests marked ``long``, unless CI_FULL is set. SEED chooses them, by default
that of the day: so all have their turn."""
DRAIN_S = 4
ENVIRONMENT = {**UNLIMITED, "SIGN_IN_SWEEP_S": "1", "DRAIN_S": str(DRAIN_S)}
"""No limit for which a well-behaved client would wait: the traffic is to be dense. Sign-ins are
looked at every second rather than every 15, and a drain is short."""


@pytest.fixture(scope="module")
def faulty_suite(request):
    """A suite with two processes of chat that a test may kill, hang and wipe.

    Whoever stops or pauses something lets it go on before the test ends.
    """
    is_own = any(request.node.iter_markers("own_suite"))
    return request.getfixturevalue("own_suite" if is_own else "shared_suite")


@pytest.fixture(scope="module")
def own_suite(tmp_path_factory):
    """One that ends with the module."""
    with running_suite(tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="session")
def shared_suite(tmp_path_factory):
    """One for all modules that do not ask for their own."""
    with running_suite(tmp_path_factory) as running:
        yield running


@contextmanager
def running_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """Start a suite for the block."""
    run_dir = tmp_path_factory.mktemp("faulty") / "run"
    running = RunningSuite.start(run_dir, chat_processes=2, env=ENVIRONMENT)
    yield running
    running.wait_until_ready("redis")
    assert refusals(running.state.redis_url) == []
    assert running.stop() == 0, running.log


@pytest.fixture
async def stage(faulty_suite):
    """People on a suite that is whole; they leave when the test ends."""
    faulty_suite.wait_until_ready("chat")
    async with AsyncExitStack() as stack:
        yield Stage(faulty_suite, stack)


@pytest.fixture
async def pair(stage):
    """Two people in a room, and a listener of the second at each process of chat."""
    return await stage.pair()


def pytest_collection_modifyitems(items):
    leave_some_out(items)
    # Starting takes a while, and so does what is waited for after a fault.
    for item in items:
        if "faulty_suite" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.faults)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(FAULT_S))


def leave_some_out(items):
    """Skip long tests that the seed did not choose; who names a module or two gets all of them."""
    variables, costs = environment(), dict[str, float]()
    for item in items:
        if mark := item.get_closest_marker("long"):
            costs[item.nodeid] = mark.args[0]
    if sum(costs.values()) < 2 * LONG_S or "CI_FULL" in variables or "SERVER" in variables:
        return
    seed = seed_of_the_day()
    order = random.Random(seed).sample(sorted(costs), len(costs))  # noqa: S311 - to be repeated
    spent_s, chosen = 0.0, set[str]()
    for name in order:
        if spent_s + costs[name] <= LONG_S:
            spent_s += costs[name]
            chosen.add(name)
    for item in items:
        if item.nodeid in costs.keys() - chosen:
            item.add_marker(pytest.mark.skip(f"long, and not chosen by SEED={seed}; see CI_FULL=1"))
