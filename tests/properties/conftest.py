"""The real suite for those properties that are about it, and one event loop for all examples."""

import asyncio
import functools
from contextlib import closing
from pathlib import Path

import pytest

from dev.harness import RunningSuite
from tests.e2e.windows import Windows, running_chromium
from tests.integration.chat.world import running_world
from tests.properties.at_once import EXAMPLES
from tests.properties.offline.tables import Both
from tests.properties.roads import shared_network

WITHIN_S = 240
STAND_IN = "tests.integration.dev.stand_in_suite"


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A suite with two processes of chat. Shared: make your own people and rooms."""
    with running_world(tmp_path_factory.mktemp("properties") / "run") as world:
        yield world


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    """A PostgreSQL server without the services. Shared: make your own databases."""
    running = RunningSuite.start(tmp_path_factory.mktemp("offline") / "run", module=STAND_IN)
    yield running.state.database_admin_url
    running.stop()


@pytest.fixture(scope="module")
def windows(world):
    """Windows of Chromium on the page of the suite, all watched.

    For no longer than a module: as long as they are open, no test can run a loop of its own.
    """
    with running_chromium() as chromium:
        windows = Windows(chromium, world.url)
        yield windows
        windows.close()
    assert windows.complaints == []


@pytest.fixture(scope="module")
def tables(server_url, django_db_blocker):
    """Queue's tables and chat's. Every example begins with empty ones."""
    with django_db_blocker.unblock(), closing(Both(server_url)) as both:
        yield both


@pytest.fixture(scope="module")
def loop():
    """Runs coroutines in one event loop, in which sockets stay open from example to example."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def network(loop):
    """What the HTTP of many clients goes over."""
    network = shared_network()
    yield network
    loop.run(network.aclose())


def pytest_collection_modifyitems(items):
    # Hundreds of examples, and the first one also waits for the suite to start.
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        if "windows" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WITHIN_S))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Fail a test of a property that ran with too few examples, because there are no more."""
    handle = getattr(pyfuncitem.obj, "hypothesis", None)
    if handle is None or not pyfuncitem.path.name.startswith("test_property_"):
        return (yield)
    test, runs = handle.inner_test, []

    @functools.wraps(test)
    def counted(*args, **kwargs):
        runs.append(1)
        return test(*args, **kwargs)

    handle.inner_test = counted
    try:
        result = yield
    finally:
        handle.inner_test = test
    assert len(runs) >= EXAMPLES, f"only {len(runs)} examples"
    return result
