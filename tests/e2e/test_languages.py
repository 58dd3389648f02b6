"""The page in other languages, and from right to left."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED

RIGHT_TO_LEFT = "localStorage.setItem('parley-here/language', 'ar-XB')"
"""English from right to left, which nobody is offered."""
PHONE = {"viewport": {"width": 390, "height": 780}}
DESK = {"viewport": {"width": 1280, "height": 800}}
OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return width > 1 && (left < -1 || right > window.innerWidth + 1);
}).map((each) => each.outerHTML.slice(0, 120))"""
"""What is not wholly on the page from side to side."""
HEBREW = "ליאת אברהם"


def centre(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2


def test_a_german_browser_is_spoken_to_in_german(open_window, arrive, bob):
    page = open_window(locale="de-DE")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.get_by_label("Benutzername", exact=True).fill("nobody-at-all")
    page.get_by_label("Passwort", exact=True).fill("not the password")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(page.get_by_test_id("form-error")).to_have_text(
        "Benutzername und Passwort gehören nicht zusammen."
    )

    alice = arrive("Alice", locale="de-DE")
    expect(alice.page.locator("html")).to_have_attribute("lang", "de")
    alice.find(bob)
    alice.write("Guten Tag")
    expect(alice.message("Guten Tag")).to_have_attribute("data-state", ACCEPTED)
    expect(alice.ticks("Guten Tag")).to_have_attribute(
        "aria-label", re.compile(r"^(Gesendet|Zugestellt)$")
    )
    expect(alice.message("Guten Tag").locator("time")).to_have_text(re.compile(r"^\d\d:\d\d$"))


def test_another_language_is_chosen_and_stays(alice):
    settings = alice.open_settings()
    settings.get_by_test_id("language").select_option("Deutsch")
    expect(settings.get_by_role("heading", name="Einstellungen")).to_be_visible()
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_test_id("no-rooms")).to_contain_text("Noch keine Unterhaltungen")

    alice.page.reload()
    expect(alice.page.get_by_test_id("no-rooms")).to_contain_text("Noch keine Unterhaltungen")

    alice.open_settings().get_by_test_id("language").select_option("")
    expect(alice.page.get_by_role("heading", name="Settings")).to_be_visible()
    assert alice.page.evaluate("localStorage.getItem('parley-here/language')") is None


def test_a_refusal_of_the_server_is_told_in_the_language_of_the_page(open_window):
    page = open_window(locale="de-DE")
    page.get_by_role("button", name="Konto anlegen").click()
    page.get_by_label("Benutzername", exact=True).fill("somebody-new")
    page.get_by_label("Passwort", exact=True).fill("12345678")
    page.get_by_role("button", name="Konto anlegen").click()

    expect(page.get_by_test_id("password-error")).to_contain_text("Dieses Passwort")


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_from_right_to_left_all_is_there_and_on_the_other_side(arrive, callers, look):
    alice = arrive("Alice", init=RIGHT_TO_LEFT, **look)
    bob = callers.new("Bob")
    bob.patch("/me", {"display_name": HEBREW})
    room = callers.of(alice).room_with(bob)
    bob.write(room, "From the other side")
    page = alice.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_test_id("room")).to_contain_text(HEBREW)
    assert page.evaluate(OVERFLOWING) == []

    alice.open_room(HEBREW)
    expect(alice.message("From the other side")).to_be_visible()
    alice.write("and back")
    expect(alice.message("and back")).to_have_attribute("data-state", ACCEPTED)
    theirs = alice.message("From the other side").locator(".bubble")
    mine = alice.message("and back").locator(".bubble")

    assert centre(mine) < centre(theirs)
    assert page.evaluate(OVERFLOWING) == []
    page.get_by_test_id("open-details").click()
    expect(page.get_by_test_id("panel")).to_be_visible()
    assert page.evaluate(OVERFLOWING) == []


def test_a_name_that_runs_the_other_way_turns_nothing_around_it(alice, callers):
    liat = callers.new("Liat")
    liat.patch("/me", {"display_name": HEBREW})
    room = callers.of(alice).room_with(liat)
    liat.write(room, "Hello")
    alice.open_room(HEBREW)

    expect(alice.composer).to_have_attribute("aria-label", f"Message to \u2068{HEBREW}\u2069")
    title = alice.page.get_by_test_id("open-details")
    assert title.evaluate("each => getComputedStyle(each).unicodeBidi") == "isolate"
