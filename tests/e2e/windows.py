"""Chromium for tests, and windows of it, each of which is watched.

Without Chromium the tests that want it are skipped, loudly; with PARLEY_REQUIRE_BROWSER=1 that is a
failure. No test can run an event loop of its own in the thread in which it is open.
"""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from dev import chromium
from dev.settings import environment

SHOWN_WITHIN_MS = 20_000
"""How long the page may take to show what is expected, on a slow machine."""


@contextmanager
def running_chromium():
    """Give the browser, or skip the test that wants it."""
    if chromium.PROGRAM is None:
        if environment().get("PARLEY_REQUIRE_BROWSER") == "1":
            pytest.fail("Chromium is required here and not installed (apt-get install chromium).")
        pytest.skip("THE BROWSER IS NOT TESTED: Chromium is not installed.")
    expect.set_options(timeout=SHOWN_WITHIN_MS)
    with chromium.running() as browser:
        yield browser


class Windows:
    """Windows with cookies and storage of their own, all watched.

    An error of the page, a refusal by the content security policy, a dialog, and a request to
    another host are complaints.
    """

    def __init__(self, browser, url):
        self._browser = browser
        self._url = url
        self._own = self._addresses(url)
        self.contexts = []
        self.complaints = []

    def open(self, *, visit=True, script=None, init=None, **options):
        """Open one on the page.

        Args:
            visit: go to the page at once; otherwise nothing is loaded yet.
            script: a file that runs before anything of the page does.
            init: likewise, the text of one.
            options: of the context.
        """
        # What the page keeps of itself is in the way of tests that stand between it and the server.
        options.setdefault("service_workers", "block")
        context = self._browser.new_context(**options)
        self.contexts.append(context)
        if script is not None:
            context.add_init_script(path=script)
        if init is not None:
            context.add_init_script(init)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._judge_line)
        page.on("request", self._judge_request)
        page.on("dialog", self._judge_dialog)
        if visit:
            page.goto(self._url)
        return page

    def allow(self, url):
        """Take another address for one's own, too."""
        self._own += self._addresses(url)

    @staticmethod
    def _addresses(url):
        return (url, url.replace("http", "ws", 1), "data:")

    def close(self, *, pictures=None):
        """Close them all; a picture of each is left in a folder, if there is one."""
        for number, context in enumerate(self.contexts):
            if pictures is not None:
                context.pages[0].screenshot(path=pictures / f"window-{number}.png")
            context.close()

    def _judge_line(self, line):
        # Other errors are what the browser says of whatever is down on purpose.
        if "Content Security Policy" in line.text:
            self.complaints.append(line.text)

    def _judge_request(self, request):
        if not request.url.startswith(self._own):
            self.complaints.append(f"asked another host: {request.url}")

    def _judge_dialog(self, dialog):
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()
