"""Ticks in the windows of a real browser: what a sender sees of how far a message has come."""

import pytest
from playwright.sync_api import expect

from tests.e2e.person import Person


def expect_ticks(ticks, state, label):
    """See a mark become this one, by its state and by the words that a screen reader says."""
    expect(ticks).to_have_attribute("data-state", state)
    expect(ticks).to_have_attribute("aria-label", label)


@pytest.fixture
def bobs_other_window(bob, open_window):
    """A second device of Bob's, which shows the list of conversations."""
    other = Person(open_window(), "Bob")
    other.username = bob.username
    other.sign_in()
    return other


def test_a_message_is_sent_then_delivered_then_read(alice, bob):
    page = bob.page.url
    bob.page.goto("about:blank")
    alice.find(bob)
    alice.write("Lunch?")
    expect_ticks(alice.ticks("Lunch?"), "sent", "Sent")

    bob.page.goto(page)
    expect_ticks(alice.ticks("Lunch?"), "delivered", "Delivered")
    expect(bob.unread).to_contain_text("1")

    bob.open_room("Alice")
    expect_ticks(alice.ticks("Lunch?"), "read", "Read")
    expect(bob.unread).to_have_count(0)
    in_the_list = alice.page.get_by_test_id("room").get_by_test_id("ticks")
    expect_ticks(in_the_list, "read", "Read")


def test_ticks_are_still_there_after_a_reload(alice, bob):
    alice.find(bob)
    alice.write("first")
    bob.open_room("Alice")
    expect_ticks(alice.ticks("first"), "read", "Read")
    bob.page.goto("about:blank")
    alice.write("second")
    expect_ticks(alice.ticks("second"), "sent", "Sent")

    alice.page.reload()

    expect_ticks(alice.ticks("second"), "sent", "Sent")
    expect_ticks(alice.ticks("first"), "read", "Read")


def test_a_window_without_the_focus_receives_and_does_not_read(alice, bob):
    alice.find(bob)
    alice.write("first")
    bob.open_room("Alice")
    expect_ticks(alice.ticks("first"), "read", "Read")
    bob.look_away()
    bob.sent_frames.clear()

    for text in ("second", "third"):
        alice.write(text)
        expect_ticks(alice.ticks(text), "delivered", "Delivered")
    expect(bob.message("third")).to_be_visible()
    expect(bob.unread).to_contain_text("2")
    assert bob.claimed("delivered")
    assert not bob.claimed("read_receipt")
    bob.look_back()

    expect_ticks(alice.ticks("second"), "read", "Read")
    expect_ticks(alice.ticks("third"), "read", "Read")
    expect(bob.unread).to_have_count(0)
    new_line = bob.page.get_by_test_id("new-messages")
    expect(new_line.locator("+ article")).to_contain_text("second")


def test_what_is_read_on_one_device_is_not_unread_on_another(alice, bob, bobs_other_window):
    alice.find(bob)
    alice.write("one")
    alice.write("two")
    expect(bobs_other_window.unread).to_contain_text("2")

    bob.open_room("Alice")

    expect(bobs_other_window.unread).to_have_count(0)
    assert not bobs_other_window.claimed("read_receipt")


def test_who_reads_privately_is_shown_as_having_received(alice, bob, bobs_other_window):
    bob.page.get_by_role("button", name="Settings").click()
    switch = bob.page.get_by_test_id("send-read-receipts")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_enabled()
    bob.page.keyboard.press("Escape")
    expect(switch).to_be_hidden()

    alice.find(bob)
    alice.write("Have you seen this?")
    bob.open_room("Alice")
    expect(bobs_other_window.unread).to_have_count(0)
    expect(bobs_other_window.page.get_by_test_id("room")).to_contain_text("Have you")

    expect_ticks(alice.ticks("Have you seen this?"), "delivered", "Delivered")
    bob.page.reload()
    bob.page.get_by_role("button", name="Settings").click()
    expect(switch).to_be_enabled()
    expect(switch).not_to_be_checked()


def test_in_a_group_the_slowest_of_the_others_decides(alice, bob, callers):
    carol = callers.new("Carol")
    room = carol.group("Team", alice, bob)
    bob.open_room("Team")
    alice.open_room("Team")

    alice.write("Shall we begin?")
    expect(bob.message("begin?")).to_be_visible()
    expect_ticks(alice.ticks("begin?"), "sent", "Sent")
    carol.post(f"/rooms/{room}/receipts", {"delivered_seq": 1})
    expect_ticks(alice.ticks("begin?"), "delivered", "Delivered to everyone")
    carol.post(f"/rooms/{room}/receipts", {"read_seq": 1})

    expect_ticks(alice.ticks("begin?"), "read", "Read by everyone")
