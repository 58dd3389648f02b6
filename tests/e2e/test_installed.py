"""The page as something installed: it opens without a server, and a new version waits to be wanted."""

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED, BACK_WITHIN_MS

CONTROLLED = "() => navigator.serviceWorker.controller !== null"
LOOK_FOR_NEWS = """async () => {
  const registration = await navigator.serviceWorker.ready
  for (;;)
    try {
      return void (await registration.update())
    } catch (error) {
      // The gateway may not have noticed yet that chat, which was started again, is ready.
      if (!(error instanceof TypeError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
}"""


def until_installed(person):
    """Wait until the browser has the page's files, and serves them."""
    person.page.wait_for_function(CONTROLLED)


@pytest.fixture
def alice(arrive):
    """Somebody whose browser lets the page install itself."""
    alice = arrive("Alice", service_workers="allow")
    until_installed(alice)
    return alice


def test_without_a_server_the_page_opens_with_what_is_kept_and_what_is_written_goes_later(
    suite, alice, bob
):
    alice.find(bob)
    alice.write("before")
    expect(alice.message("before")).to_have_attribute("data-state", ACCEPTED)
    alice.until_kept("messages")

    with suite.stopped("gateway"):
        alice.page.reload()
        expect(alice.message("before")).to_be_visible()
        expect(alice.banner).to_be_visible()
        alice.write("meanwhile")
        expect(alice.message("meanwhile")).to_be_visible()
        alice.until_kept("drafts")
        alice.page.reload()
        expect(alice.message("meanwhile")).to_be_visible()

    expect(alice.message("meanwhile")).to_have_attribute(
        "data-state", ACCEPTED, timeout=BACK_WITHIN_MS
    )
    bob.open_room("Alice")
    expect(bob.message("meanwhile")).to_have_count(1)
    assert alice.stored == alice.shown == ["before", "meanwhile"]


def test_who_signed_out_finds_nothing_without_a_server(suite, alice):
    alice.page.get_by_role("button", name="Sign out").click()
    expect(alice.page.get_by_label("Username", exact=True)).to_be_visible()

    with suite.stopped("gateway"):
        alice.page.reload()
        expect(alice.page.get_by_test_id("unreachable")).to_be_visible()


def test_whose_sign_in_was_ended_elsewhere_leaves_nothing_to_find(suite, alice, bob, callers):
    alice.find(bob)
    alice.write("a secret")
    expect(alice.message("a secret")).to_have_attribute("data-state", ACCEPTED)
    alice.until_kept("messages")
    elsewhere = callers.of(alice)
    alice.page.goto(alice.home + "/icon.svg")
    elsewhere.end_other_sign_ins()

    alice.page.goto(alice.home)
    expect(alice.page.get_by_label("Username", exact=True)).to_be_visible()
    alice.until_forgotten("messages")
    with suite.stopped("gateway"):
        alice.page.reload()
        expect(alice.page.get_by_test_id("unreachable")).to_be_visible()


def test_a_browser_can_install_the_page(alice):
    session = alice.page.context.new_cdp_session(alice.page)

    manifest = session.send("Page.getAppManifest")
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["errors"] == []
    served = alice.page.request.get(manifest["url"])
    assert served.headers["content-type"] == "application/manifest+json"
    # Every context of a test's browser is one, and nobody installs anything from there.
    assert [each["errorId"] for each in errors] == ["in-incognito"]


@pytest.fixture
def replace(suite, web_root):
    """Put another version of the page in the place of the present one, for this test."""
    worker = web_root / "worker.js"
    present = worker.read_text()

    def put(text):
        worker.write_text(text)
        suite.kill("chat")
        suite.wait_until_ready("chat")

    yield lambda: put(present + "\n// Another version.\n")
    put(present)


def test_a_new_version_waits_until_it_is_wanted_and_nothing_begun_is_lost(alice, bob, replace):
    alice.find(bob)
    alice.composer.fill("not quite fin")

    replace()
    alice.page.evaluate(LOOK_FOR_NEWS)

    news = alice.page.get_by_test_id("new-version")
    expect(news).to_contain_text("A new version of Parley is here.")
    expect(alice.composer).to_have_value("not quite fin")
    with alice.page.expect_navigation():
        news.get_by_role("button", name="Reload").click()
    expect(alice.composer).to_have_value("not quite fin")
    expect(news).to_have_count(0)


def test_what_one_page_has_taken_the_others_can_take(alice, replace):
    second = alice.page.context.new_page()
    second.goto(alice.home)
    expect(second.get_by_test_id("me")).to_be_visible()
    replace()
    second.evaluate(LOOK_FOR_NEWS)

    for page in (second, alice.page):
        page.bring_to_front()
        expect(page.get_by_test_id("new-version")).to_be_visible()
        with page.expect_navigation():
            page.get_by_role("button", name="Reload").click()
        expect(page.get_by_test_id("me")).to_be_visible()
        expect(page.get_by_test_id("new-version")).to_have_count(0)
