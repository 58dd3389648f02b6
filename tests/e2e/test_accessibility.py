"""WCAG 2.2 AA, as far as axe can tell: every screen, light and dark, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.e2e import axe
from tests.e2e.person import PASSWORD

SIDEWAYS = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
"""How far one can scroll from side to side, in px."""
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}},
}


@pytest.fixture(params=LOOKS)
def look(request):
    """How a window looks."""
    return LOOKS[request.param]


@pytest.fixture
def page(open_window, look):
    """The page, with nobody signed in."""
    return open_window(**look)


@pytest.fixture
def alice(arrive, look):
    """Somebody new."""
    return arrive("Alice", **look)


def test_signing_in_and_up(page):
    expect(page.get_by_label("Username", exact=True)).to_be_visible()
    assert axe.found(page) == []

    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Username", exact=True).fill("a b")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_test_id("username-error")).to_be_visible()

    assert axe.found(page) == []


def test_an_empty_list_settings_and_a_new_group(alice, bob):
    page = alice.page
    assert axe.found(page) == []

    page.get_by_test_id("search").fill(bob.username)
    expect(page.get_by_test_id("person")).to_be_visible()
    assert axe.found(page) == []
    page.get_by_test_id("search").fill("")

    settings = alice.open_settings()
    expect(settings.get_by_test_id("device").first).to_be_visible()
    assert axe.found(page) == []
    page.keyboard.press("Escape")

    page.get_by_test_id("open-new-group").click()
    page.get_by_test_id("find-people").fill(bob.username)
    page.get_by_test_id("candidate").click()
    expect(page.get_by_test_id("chosen")).to_be_visible()
    assert axe.found(page) == []


def test_a_conversation_its_details_and_those_of_a_message(alice, bob):
    bob.find(alice)
    bob.write("Have a look: https://example.org/a")
    alice.open_room("Bob")
    expect(alice.message("Have a look")).to_be_visible()
    alice.write("I will.")
    expect(alice.ticks("I will.")).to_have_attribute("data-state", "read")
    assert axe.found(alice.page) == []

    alice.message("I will.").locator(".bubble").click()
    alice.message("I will.").get_by_test_id("message-info").click()
    expect(alice.page.get_by_test_id("info-read")).to_contain_text("Bob")
    assert axe.found(alice.page) == []
    alice.page.get_by_role("button", name="Close").click()

    alice.page.get_by_test_id("open-details").click()
    expect(alice.page.get_by_test_id("panel")).to_contain_text(f"@{bob.username}")
    assert axe.found(alice.page) == []


def test_a_group_with_a_failed_message_and_no_network(alice, bob, callers):
    carol = callers.new("Carol")
    group = carol.group("Team", alice, bob)
    carol.write(group, "Welcome")
    alice.open_room("Team")
    alice.page.get_by_test_id("open-details").click()
    expect(alice.page.get_by_test_id("member").first).to_be_visible()
    assert axe.found(alice.page) == []
    alice.page.get_by_role("button", name="Close").click()

    alice.lose_network()
    alice.write("later")
    expect(alice.message("later")).to_be_visible()
    assert axe.found(alice.page) == []


def test_from_right_to_left_and_in_german(arrive, bob, callers, look):
    alice = arrive("Alice", init="localStorage.setItem('parley-here/language', 'ar-XB')", **look)
    room = callers.of(bob).room_with(alice)
    callers.of(bob).write(room, "Hello")
    alice.open_room("Bob")
    expect(alice.message("Hello")).to_be_visible()
    assert axe.found(alice.page) == []

    carol = arrive("Carol", locale="de-DE", **look)
    carol.open_settings()
    assert axe.found(carol.page) == []


def test_what_is_new_is_said_once_in_one_place(arrive, bob, callers):
    alice = arrive("Alice")
    said = alice.page.get_by_test_id("announcer")
    room = callers.of(bob).room_with(alice)
    callers.of(bob).write(room, "one")
    expect(said).to_have_text("New message from Bob")
    alice.open_room("Bob")
    callers.of(bob).write(room, "two")
    expect(said).to_have_text("Bob: two")

    regions = alice.page.locator('[aria-live="polite"], [role="status"], [role="log"]')
    live = regions.evaluate_all("all => all.filter((each) => each.ariaLive !== 'off').length")
    assert live == 1
    alice.lose_network()
    expect(said).to_contain_text("Offline")
    alice.page.context.set_offline(False)
    expect(said).to_have_text("Connected")


def test_twice_as_large_nothing_is_cut_off_or_beside_the_page(arrive, bob, callers):
    half = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
    alice = arrive("Alice", **half)
    room = callers.of(bob).room_with(alice)
    callers.of(bob).write(room, "A message of some length, so that it has to be broken somewhere.")
    page = alice.page
    expect(page.get_by_test_id("room")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == 0
    alice.open_room("Bob")
    expect(alice.message("some length")).to_be_visible()
    expect(alice.composer).to_be_in_viewport(ratio=1)
    assert page.evaluate(SIDEWAYS) == 0
    page.get_by_role("button", name="Back to all conversations").click()
    settings = alice.open_settings()
    settings.get_by_test_id("language").scroll_into_view_if_needed()
    expect(settings.get_by_test_id("language")).to_be_in_viewport(ratio=1)
    assert page.evaluate(SIDEWAYS) == 0


def test_who_wants_it_calm_sees_nothing_move(arrive, bob):
    alice = arrive("Alice", reduced_motion="reduce")
    alice.find(bob)
    alice.write("Hello")
    alice.open_settings()

    durations = alice.page.evaluate(
        "document.getAnimations().map((one) => one.effect.getComputedTiming().activeDuration)"
    )
    assert [each for each in durations if each > 1] == []
