"""Who is there and who types, in the windows of a real browser."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from libs.common.clock import SystemClock

SEEN = re.compile(r"^last seen (today|yesterday) at \d{1,2}:\d\d")
KEYS = 100
"""More than anybody has to press until others see it, on a slow machine too."""


@pytest.fixture
def together(alice, bob):
    """Alice and Bob, who have their conversation open and see each other."""
    alice.find(bob)
    alice.write("Lunch?")
    bob.open_room("Alice")
    for person in (alice, bob):
        expect(about(person)).to_have_text("online")
    return alice, bob


def about(person):
    """Return the line below the name of the open conversation."""
    return person.page.get_by_test_id("about")


def dots(person):
    """Return the dots on the avatars in the list."""
    return person.page.get_by_test_id("dot")


def composer(person):
    return person.page.get_by_test_id("composer")


def type_until(typist, line, words):
    """Press key after key until another window says so: it says it while keys come, not longer."""
    for _ in range(KEYS):
        composer(typist).press("x")
        try:
            expect(line).to_have_text(words, timeout=300)
        except AssertionError:
            continue
        return
    pytest.fail(f"{words!r} was never shown.")


def choose_last_seen(person, choice):
    person.page.get_by_role("button", name="Settings").click()
    wanted = person.page.get_by_role("radio", name=choice)
    expect(wanted).to_be_enabled()
    wanted.click()
    expect(wanted).to_be_checked()
    expect(wanted).to_be_enabled()
    person.page.keyboard.press("Escape")
    expect(wanted).to_be_hidden()


def leave(person):
    """Close the page."""
    person.page.goto("about:blank")


def test_who_is_there_is_online_in_the_list_and_above_the_conversation(together):
    for person in together:
        expect(dots(person)).to_have_count(1)
        expect(dots(person)).to_have_attribute("data-status", "online")
        expect(person.page.get_by_test_id("room")).to_contain_text("online")


def test_typing_shows_while_keys_come_and_then_goes(together):
    alice, bob = together
    in_the_list = alice.page.get_by_test_id("room").get_by_test_id("typing")

    type_until(bob, about(alice), "Bob is typing")
    type_until(bob, in_the_list, "Bob is typing")
    type_until(bob, alice.page.get_by_test_id("announcer"), "Bob is typing")

    expect(about(alice)).to_have_text("online")
    expect(in_the_list).to_have_count(0)
    expect(alice.page.get_by_test_id("preview")).to_have_text("Lunch?")


def test_typing_ends_with_the_message(together):
    alice, bob = together
    type_until(bob, about(alice), "Bob is typing")

    bob.write("Gladly, at noon")

    expect(alice.message("Gladly")).to_be_visible()
    expect(about(alice)).to_have_text("online")
    expect(alice.page.get_by_test_id("preview")).to_have_text("Gladly, at noon")


def test_nobody_sees_themselves_type(together):
    alice, bob = together

    type_until(bob, about(alice), "Bob is typing")

    expect(about(bob)).to_have_text("online")
    expect(bob.page.get_by_test_id("typing")).to_have_count(0)
    told = [frame for frame in bob.frames if '"type":"typing"' in frame]
    assert not [frame for frame in told if bob.user_id in frame]


def test_in_a_group_it_is_said_who_types(alice, bob, callers):
    callers.new("Carol").group("Team", alice, bob)
    alice.open_room("Team")
    bob.open_room("Team")
    expect(about(alice)).to_have_text("3 members")

    type_until(bob, about(alice), "Bob is typing")

    expect(about(alice)).to_have_text("3 members")
    expect(dots(alice)).to_have_count(0)


def test_who_has_closed_the_page_was_last_seen_just_now(together):
    alice, bob = together
    page = bob.page.url

    leave(bob)
    expect(about(alice)).to_have_text(SEEN)
    expect(dots(alice)).to_have_count(0)
    bob.page.goto(page)

    expect(about(alice)).to_have_text("online")
    expect(dots(alice)).to_have_attribute("data-status", "online")


def test_today_becomes_yesterday_on_a_page_that_stays_open_over_midnight(together):
    alice, bob = together
    leave(bob)
    expect(about(alice)).to_have_text(SEEN)

    alice.page.clock.set_fixed_time(SystemClock().now() + dt.timedelta(days=3))
    alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(about(alice)).to_have_text(re.compile(r"^last seen on \w+day at "))
    expect(alice.page.locator(".day-line")).not_to_have_text("Today")


def test_who_touches_nothing_for_five_minutes_is_away_until_the_next_key(alice, bob):
    bob.page.clock.install()
    bob.page.reload()
    alice.find(bob)
    alice.write("Lunch?")
    expect(about(alice)).to_have_text("online")

    bob.page.clock.fast_forward("05:00")
    expect(about(alice)).to_have_text("away")
    expect(dots(alice)).to_have_attribute("data-status", "away")
    bob.page.keyboard.press("Shift")

    expect(about(alice)).to_have_text("online")


def test_who_shows_it_to_nobody_was_never_last_seen(together):
    alice, bob = together
    choose_last_seen(bob, "Nobody")

    leave(bob)

    expect(about(alice)).to_have_text("")
    expect(dots(alice)).to_have_count(0)


def test_who_hides_it_does_not_see_it_of_others(together):
    alice, bob = together
    leave(bob)
    expect(about(alice)).to_have_text(SEEN)

    choose_last_seen(alice, "Nobody")
    expect(about(alice)).to_have_text("")
    choose_last_seen(alice, "My contacts")

    expect(about(alice)).to_have_text(SEEN)


def test_what_was_chosen_stands_there_again(together):
    alice, _ = together
    choose_last_seen(alice, "My contacts")

    alice.page.reload()
    alice.page.get_by_role("button", name="Settings").click()

    expect(alice.page.get_by_role("radio", name="My contacts")).to_be_checked()
