"""The site of the tutorial, in the browsers of people who are signed in there and nowhere else."""

import re

import pytest
from playwright.sync_api import expect

from tests import tutorial
from tests.django_site import PASSWORD, DjangoSite

ADA, BOB = re.compile(r"ada\d*"), re.compile(r"bob\d*")
"""Their usernames at Parley, where others may have been called so before them."""
SESSION = "fetch('/api/chat/auth/session').then((answer) => answer.ok ? answer.json() : null)"


@pytest.fixture(scope="module")
def site(suite, seeded, site_port, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial") / "site"
    site = DjangoSite.start(folder, suite, port=site_port)
    site.run(tutorial.commands("npm"))
    yield site
    site.stop()


@pytest.fixture
def arrive(site, windows):
    """Have one of the site's users sign in there, in a window of their own."""
    windows.allow(site.url)

    def arrive(name, *, without_badge=False):
        window = windows.open(visit=False)
        if without_badge:
            window.route("**/badge.js", lambda route: route.abort())
        window.goto(site.url)
        if without_badge:
            sign_in(window, name)
        else:
            with window.expect_websocket():
                sign_in(window, name)
        return window

    return arrive


def sign_in(window, name):
    window.get_by_label("Username").fill(name)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("heading", name="Your orders")).to_be_visible()


def write_to(window, name, text):
    window.get_by_role("link", name="Chat").click()
    window.get_by_label("Write to").fill(name)
    window.get_by_role("button", name="Open").click()
    window.get_by_label("Message", exact=True).fill(text)
    window.get_by_role("button", name="Send").click()
    expect(window.locator("#messages li").last).to_contain_text(f"me: {text} ✓")


def leaves_parley(window):
    expect(window.get_by_role("button", name="Sign in")).to_be_visible()
    window.wait_for_function(f"{SESSION}.then((session) => session === null)")
    window.wait_for_function("indexedDB.databases().then((kept) => kept.length === 0)")


def signed_in_at_parley(window):
    return window.evaluate(f"{SESSION}.then((session) => session?.user.username ?? null)")


def test_the_badge_rises_and_falls_and_a_push_appears(site, arrive):
    ada, bob = arrive("ada"), arrive("bob")
    badge = ada.locator("#unread")
    expect(badge).to_be_empty()

    write_to(bob, signed_in_at_parley(ada), "Hello")
    expect(badge).to_have_text("1")
    ada.get_by_role("link", name="Chat").click()
    ada.get_by_role("button", name="bob (1)").click()
    expect(ada.locator("#messages li")).to_have_text(["bob: Hello "])
    expect(badge).to_be_empty()
    expect(bob.locator("#messages li")).to_have_text(["me: Hello ✓✓"])

    site.run(tutorial.commands("manage.py ship"))
    expect(ada.locator("#notice")).to_have_text("On its way: A teapot")
    expect(bob.locator("#notice")).to_be_empty()


def test_whoever_signs_in_at_the_site_is_never_taken_for_somebody_else(arrive):
    window = arrive("ada")
    assert ADA.fullmatch(signed_in_at_parley(window))

    window.context.clear_cookies(name="sessionid")
    window.reload()
    with window.expect_websocket():
        sign_in(window, "bob")
    assert BOB.fullmatch(signed_in_at_parley(window))

    window.get_by_role("button", name="Sign out bob").click()
    leaves_parley(window)


def test_whoever_leaves_the_site_leaves_parley_however_it_happened(site, arrive):
    window = arrive("ada")
    window.get_by_role("link", name="Chat").click()
    expect(window.locator("#find")).to_be_visible()

    window.context.clear_cookies(name="sessionid")
    other = window.context.new_page()
    other.goto(site.url)

    expect(window.get_by_role("button", name="Sign in")).to_be_visible()
    leaves_parley(other)


def test_signing_out_of_the_site_waits_for_nothing_of_parley(arrive):
    window = arrive("ada")
    window.route("**/api/chat/**", lambda _: None)

    window.get_by_role("button", name="Sign out ada").click()
    expect(window.get_by_role("button", name="Sign in")).to_be_visible()

    window.unroute_all()
    window.reload()
    leaves_parley(window)


def test_a_chat_that_is_not_to_be_reached_says_so_and_comes_by_itself(arrive):
    window = arrive("ada")
    window.route("**/api/chat/auth/session", lambda route: route.fulfill(status=503))

    window.get_by_role("link", name="Chat").click()
    expect(window.locator("#notice")).to_contain_text("not to be reached")
    window.unroute_all()

    expect(window.locator("#find")).to_be_visible()
    expect(window.locator("#notice")).to_be_empty()


def test_a_link_leads_to_parleys_own_page_signed_in(arrive, suite):
    ada = arrive("ada", without_badge=True)
    assert signed_in_at_parley(ada) is None

    ada.get_by_role("link", name="Messenger").click()

    expect(ada.get_by_test_id("me")).to_have_text(ADA)
    assert ada.url.startswith(suite.state.gateway_url)
