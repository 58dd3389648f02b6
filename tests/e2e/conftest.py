"""Chromium against the real suite, through its gateway.

Without Chromium the tests are skipped, loudly; with PARLEY_REQUIRE_BROWSER=1 that is a failure.
"""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from dev.harness import RunningSuite
from dev.settings import environment
from tests.e2e.person import Person

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOWN_WITHIN_MS = 20_000
"""How long the page may take to show what is expected, on a slow machine."""
WITHIN_S = 240
"""The first test also waits for the suite and for Chromium."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(WITHIN_S))


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The real suite. Tests may kill chat; they wait until it is back."""
    running = RunningSuite.start(tmp_path_factory.mktemp("suite") / "run")
    yield running
    assert running.stop() == 0, running.log


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    if CHROMIUM is None:
        if environment().get("PARLEY_REQUIRE_BROWSER") == "1":
            pytest.fail("Chromium is required here and not installed (apt-get install chromium).")
        pytest.skip("THE BROWSER IS NOT TESTED: Chromium is not installed.")
    expect.set_options(timeout=SHOWN_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Windows:
    """Windows with cookies and storage of their own, all watched.

    An error of the page, a refusal by the content security policy, and a request to another host
    are complaints.
    """

    def __init__(self, chromium, url):
        self._chromium = chromium
        self._url = url
        self.contexts = []
        self.complaints = []

    def open(self, **options):
        context = self._chromium.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._judge_line)
        page.on("request", self._judge_request)
        page.goto(self._url)
        return page

    def _judge_line(self, line):
        # Other errors are what the browser says of whatever is down on purpose.
        if "Content Security Policy" in line.text:
            self.complaints.append(line.text)

    def _judge_request(self, request):
        own = (self._url, self._url.replace("http", "ws", 1), "data:")
        if not request.url.startswith(own):
            self.complaints.append(f"asked another host: {request.url}")


@pytest.fixture
def open_window(chromium, suite, tmp_path):
    """Open a window on the suite's page; a picture of each is left in the test's folder."""
    windows = Windows(chromium, suite.state.gateway_url)
    yield windows.open
    for number, context in enumerate(windows.contexts):
        context.pages[0].screenshot(path=tmp_path / f"window-{number}.png")
        context.close()
    assert windows.complaints == []


@pytest.fixture
def alice(open_window):
    """Somebody new, signed in in a window of their own."""
    person = Person(open_window(), "Alice")
    person.sign_up()
    return person


@pytest.fixture
def bob(open_window):
    """Somebody else."""
    person = Person(open_window(), "Bob")
    person.sign_up()
    return person
