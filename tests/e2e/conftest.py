"""Chromium against the real suite, through its gateway.

PARLEY_URL names a deployment that is to be tried instead; what breaks the suite is left out then.
"""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clients.python.demo.seeding import seed
from dev import web
from dev.harness import RunningSuite
from dev.ports import free_port
from dev.settings import environment
from tests import tutorial
from tests.e2e.callers import Callers
from tests.e2e.newcomers import Newcomers
from tests.e2e.person import Person
from tests.e2e.windows import Windows, running_chromium

WITHIN_S = 240
"""The first test also waits for the suite and for Chromium."""
DEPLOYED = environment().get("PARLEY_URL", "")
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(WITHIN_S))
            if DEPLOYED and "suite" in item.fixturenames:
                item.add_marker(
                    pytest.mark.skip("it breaks the suite, and PARLEY_URL is another's")
                )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Note which tests have failed: of those a picture is wanted."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def web_root(tmp_path_factory):
    """The files of the suite's page. A test may put others there; it puts back what it found."""
    root = tmp_path_factory.mktemp("page") / "web"
    shutil.copytree(web.WEB / "dist", root)
    return root


@pytest.fixture(scope="session")
def site_port():
    """Where the site of the tutorial will be, beside which the suite is started."""
    return free_port()


@pytest.fixture(scope="session")
def suite(tmp_path_factory, web_root, site_port):
    """The real suite. Tests may kill chat; they wait until it is back."""
    run_dir = tmp_path_factory.mktemp("suite") / "run"
    beside = tutorial.variables_of_parley(f"http://127.0.0.1:{site_port}")
    running = RunningSuite.start(run_dir, env={"WEB_ROOT": str(web_root), **beside})
    yield running
    assert running.stop() == 0, running.log


@pytest.fixture(scope="session")
def url(request):
    """Where the page is. Whoever needs no more than that asks for this and not for the suite."""
    return DEPLOYED or request.getfixturevalue("suite").state.gateway_url


@pytest.fixture(scope="session")
def seeded(url):
    """Where the page is, once the company of the demo is there.

    Whoever brings people who may be called like them asks for it too: their names are theirs alone.
    """
    # The browser's loop may run in this thread already.
    with ThreadPoolExecutor() as threads:
        threads.submit(asyncio.run, seed(url)).result()
    return url


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def windows(request, chromium, url, tmp_path):
    """Windows on the suite's page; of a test that fails a picture of each is left in its folder."""
    windows = Windows(chromium, url)
    yield windows
    windows.close(pictures=tmp_path if request.node.stash[FAILED] else None)
    assert windows.complaints == []


@pytest.fixture
def open_window(windows):
    """Open a window."""
    return windows.open


@pytest.fixture(scope="session")
def newcomers(url):
    """People who are signed up already."""
    newcomers = Newcomers(url)
    yield newcomers
    newcomers.close()


@pytest.fixture
def arrive(open_window, url, newcomers):
    """Have somebody new arrive, signed in in a window of their own."""

    def arrive(name, **options):
        person = Person(open_window(visit=False, **options), name)
        person.arrive(url, newcomers.next(name))
        return person

    return arrive


@pytest.fixture
def alice(arrive):
    """Somebody new."""
    return arrive("Alice")


@pytest.fixture
def bob(arrive):
    """Somebody else."""
    return arrive("Bob")


@pytest.fixture
def callers(url):
    """People without a window, or beside theirs."""
    with Callers(url) as callers:
        yield callers
