"""The documents as a site, from its files alone: every diagram of every page is drawn."""

import pytest
from playwright.sync_api import expect

from dev import verbs
from dev.docs.__main__ import BUILT

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def site():
    """The site, made anew; returns its pages that have diagrams."""
    assert verbs.docs() == 0
    pages = {path: path.read_text() for path in sorted(BUILT.rglob("*.html"))}
    return {path: text.count('<pre class="mermaid">') for path, text in pages.items()}


def test_every_diagram_is_drawn(site, chromium):
    with_diagrams = {path: count for path, count in site.items() if count}
    page = chromium.new_page()
    asked = set()
    page.on("request", lambda request: asked.add(request.url.partition(":")[0]))

    for path, count in with_diagrams.items():
        page.goto(path.as_uri())
        expect(page.locator("pre.mermaid > svg")).to_have_count(count)
        expect(page.locator("svg[aria-roledescription=error]")).to_have_count(0)

    page.close()
    assert {"readme.html", "architecture.html"} <= {path.name for path in with_diagrams}
    assert asked == {"file"}
