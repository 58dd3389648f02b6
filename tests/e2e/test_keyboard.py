"""Everything by the keyboard alone: WCAG 2.2, 2.1.1, 2.1.2, 2.4.3, 2.4.7 and 2.4.11."""

import pytest
from playwright.sync_api import expect

from dev.pictures.scenes import STILL
from tests.e2e.person import ACCEPTED, PASSWORD, unique

MOST_STOPS = 60
"""Presses of Tab after which nobody looks further."""
HAS_FOCUS = "(element) => element === document.activeElement"
FOCUS_IS_SEEN = """() => {
    const { activeElement: one } = document;
    const ringed = (element) => {
        const { outlineStyle, outlineWidth, borderColor } = getComputedStyle(element);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || borderColor === accent;
    };
    const probe = document.createElement("i");
    probe.style.color = "var(--accent)";
    document.body.append(probe);
    const accent = getComputedStyle(probe).color;
    probe.remove();
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const isCovered = !(one.contains(at) || at?.contains(one));
    return { isRinged: ringed(one) || ringed(one.parentElement), isCovered };
}"""
"""Whether one sees what has the focus: it, or what is drawn around it, stands out, uncovered."""


@pytest.fixture
def page(open_window):
    """The page, with nobody signed in."""
    return open_window()


def tab_to(page, locator):
    """Press Tab until something has the focus, which has to be seen at each stop."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        page.evaluate(STILL)
        seen = page.evaluate(FOCUS_IS_SEEN)
        assert seen == {"isRinged": True, "isCovered": False}, page.evaluate(
            "document.activeElement.outerHTML"
        )
        if locator.evaluate(HAS_FOCUS):
            return
    pytest.fail(f"{locator} is not reached by Tab")


def press_on(page, locator):
    """Go there by Tab, and press Enter."""
    tab_to(page, locator)
    page.keyboard.press("Enter")


def write_into(page, locator, text):
    """Go there by Tab, and type."""
    tab_to(page, locator)
    page.keyboard.type(text)


def test_one_signs_up_and_out(page):
    press_on(page, page.get_by_role("button", name="Create an account"))
    expect(page.get_by_label("Username", exact=True)).to_be_focused()
    page.keyboard.type(unique("Kim"))
    write_into(page, page.get_by_label("Display name", exact=True), "Kim")
    write_into(page, page.get_by_label("Password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("me")).to_have_text("Kim")

    press_on(page, page.get_by_role("button", name="Sign out"))
    expect(page.get_by_label("Username", exact=True)).to_be_visible()


def test_one_finds_somebody_writes_answers_and_looks_how_far_it_came(alice, bob):
    page = alice.page
    write_into(page, page.get_by_test_id("search"), bob.username)
    expect(page.get_by_test_id("person")).to_be_visible()
    press_on(page, page.get_by_test_id("person"))
    expect(alice.composer).to_be_focused()
    page.keyboard.type("Hello Bob")
    page.keyboard.press("Enter")
    expect(alice.message("Hello Bob")).to_have_attribute("data-state", ACCEPTED)

    press_on(page, alice.message("Hello Bob").get_by_test_id("reply"))
    expect(page.get_by_test_id("replying")).to_contain_text("Hello Bob")
    expect(alice.composer).to_be_focused()
    page.keyboard.type("and again")
    page.keyboard.press("Enter")
    expect(alice.message("and again")).to_have_attribute("data-state", ACCEPTED)

    press_on(page, alice.message("and again").get_by_test_id("message-info"))
    expect(page.get_by_test_id("panel")).to_contain_text("Message info")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_have_count(0)


def test_settings_take_the_focus_keep_it_and_give_it_back(alice):
    page = alice.page
    button = page.get_by_test_id("open-settings")
    press_on(page, button)
    settings = page.get_by_test_id("settings")
    switch = settings.get_by_test_id("send-read-receipts")
    expect(switch).to_be_enabled()

    tab_to(page, switch)
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    expect(switch).to_be_enabled()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        assert settings.evaluate(
            "(dialog) => dialog.contains(document.activeElement)"
            " || document.activeElement === document.body"
        )
    page.keyboard.press("Escape")

    expect(settings).to_have_count(0)
    expect(button).to_be_focused()


def test_a_group_is_opened_and_changed(alice, bob):
    page = alice.page
    press_on(page, page.get_by_test_id("open-new-group"))
    dialog = page.get_by_test_id("new-group")
    write_into(page, dialog.get_by_label("Name", exact=True), "By keys")
    write_into(page, page.get_by_test_id("find-people"), bob.username)
    expect(page.get_by_test_id("candidate")).to_be_visible()
    press_on(page, page.get_by_test_id("candidate"))
    expect(page.get_by_test_id("chosen")).to_contain_text("Bob")
    press_on(page, page.get_by_role("button", name="Create group"))
    expect(alice.composer).to_be_focused()

    press_on(page, page.get_by_test_id("open-details"))
    expect(page.get_by_test_id("member-actions")).to_be_visible()
    press_on(page, page.get_by_test_id("member-actions"))
    press_on(page, page.get_by_role("button", name="Make admin"))
    expect(page.get_by_test_id("members")).to_contain_text("Admin")
    press_on(page, page.get_by_test_id("leave"))
    expect(page.get_by_role("button", name="Stay")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("leave")).to_be_visible()


def test_an_emoji_is_picked(alice, bob):
    alice.find(bob)
    page = alice.page
    press_on(page, page.get_by_test_id("emoji"))
    press_on(page, page.get_by_role("button", name="👍"))

    expect(alice.composer).to_be_focused()
    expect(alice.composer).to_have_value("👍")
