"""What two people do in a conversation and with a group, by the page alone."""

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED


@pytest.fixture
def carol(arrive):
    """A third person."""
    return arrive("Carol")


def open_group(person, name, *others):
    """Open a group with some others, the way people do."""
    page = person.page
    page.get_by_test_id("open-new-group").click()
    page.get_by_test_id("new-group").get_by_label("Name").fill(name)
    for other in others:
        page.get_by_test_id("find-people").fill(other.username)
        page.get_by_test_id("candidate").click()
    page.get_by_role("button", name="Create group").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def member(person, name):
    """Return somebody's row in the details of the open group."""
    return person.page.get_by_test_id("member").filter(has_text=name)


def do(person, name, words):
    """Choose what to do about somebody in the details of the open group."""
    member(person, name).get_by_test_id("member-actions").click()
    member(person, name).get_by_role("button", name=words).click()


def test_a_group_is_opened_and_its_members_come_and_go_on_the_page(alice, bob, carol):
    open_group(alice, "Team", bob)
    bob.open_room("Team")

    alice.page.get_by_test_id("open-details").click()
    expect(member(alice, "Alice (you)")).to_contain_text("Owner")
    alice.page.get_by_test_id("add-people").click()
    alice.page.get_by_test_id("find-people").fill(carol.username)
    alice.page.get_by_test_id("candidate").click()
    alice.page.get_by_role("button", name="Add", exact=True).click()
    expect(member(alice, "Carol")).to_be_visible()
    carol.open_room("Team")
    expect(carol.page.get_by_test_id("no-messages")).to_be_visible()

    do(alice, "Bob", "Make admin")
    expect(member(alice, "Bob")).to_contain_text("Admin")
    bob.page.get_by_test_id("open-details").click()
    do(bob, "Carol", "Remove")
    expect(
        carol.page.get_by_role("heading", name="You are not a member of this room")
    ).to_be_visible()
    expect(member(alice, "Carol")).to_have_count(0)


def test_a_group_is_renamed_and_left_on_the_page(alice, bob):
    open_group(alice, "Team", bob)
    alice.write("Welcome")
    bob.open_room("Team")
    expect(bob.message("Welcome")).to_be_visible()

    alice.page.get_by_test_id("open-details").click()
    alice.page.get_by_role("button", name="Rename the group").click()
    alice.page.get_by_label("Name of the group").fill("Crew")
    alice.page.get_by_role("button", name="Save").click()
    expect(bob.page.get_by_role("heading", name="Crew").first).to_be_visible()

    bob.page.get_by_test_id("open-details").click()
    bob.page.get_by_test_id("leave").click()
    bob.page.get_by_role("button", name="Leave", exact=True).click()
    expect(bob.page.get_by_test_id("room")).to_have_count(0)
    expect(alice.page.get_by_test_id("about")).to_have_text("1 member")


def test_an_answer_shows_what_it_answers_and_leads_there(alice, bob):
    alice.find(bob)
    alice.write("Lunch at noon?")
    bob.open_room("Alice")
    bob.message("Lunch at noon?").hover()
    bob.message("Lunch at noon?").get_by_test_id("reply").click()
    expect(bob.page.get_by_test_id("replying")).to_contain_text("Lunch at noon?")

    bob.write("Half past")

    expect(bob.page.get_by_test_id("replying")).to_have_count(0)
    quote = alice.message("Half past").get_by_test_id("quote")
    expect(quote).to_contain_text("Lunch at noon?")
    expect(quote).to_contain_text("You")
    quote.click()
    expect(alice.page.locator(".slot.is-found")).to_contain_text("Lunch at noon?")


def test_who_has_read_a_message_and_when_is_one_click_away(alice, bob, carol):
    open_group(alice, "Team", bob, carol)
    alice.write("Who is there?")
    bob.open_room("Team")
    expect(bob.message("Who is there?")).to_be_visible()
    expect(alice.ticks("Who is there?")).to_have_attribute("data-state", "delivered")

    alice.message("Who is there?").hover()
    alice.message("Who is there?").get_by_test_id("message-info").click()
    panel = alice.page.get_by_test_id("panel")
    expect(panel.get_by_test_id("info-read")).to_contain_text("Bob")
    expect(panel.get_by_test_id("info-delivered")).to_contain_text("Carol")
    carol.open_room("Team")

    expect(panel.get_by_test_id("info-read")).to_contain_text("Carol")
    expect(panel.get_by_test_id("info-read").locator("time")).to_have_count(2)


def test_what_was_begun_is_there_after_a_reload_and_in_the_list(alice, bob, carol):
    alice.find(bob)
    alice.page.get_by_test_id("composer").fill("half a thou")
    alice.page.reload()
    expect(alice.page.get_by_test_id("composer")).to_have_value("half a thou")

    alice.find(carol)
    expect(alice.page.get_by_test_id("unfinished")).to_contain_text("half a thou")
    alice.open_room("Bob")
    alice.page.get_by_test_id("composer").press("Enter")

    expect(alice.message("half a thou")).to_have_attribute("data-state", ACCEPTED)
    expect(alice.page.get_by_test_id("unfinished")).to_have_count(0)


def test_an_emoji_and_many_lines_are_sent_as_they_were_written(alice, bob):
    alice.find(bob)
    composer = alice.page.get_by_test_id("composer")
    composer.fill("first line")
    composer.press("Shift+Enter")
    alice.page.get_by_test_id("emoji").click()
    alice.page.get_by_role("button", name="🎉").click()
    composer.press("Enter")

    bob.open_room("Alice")
    text = bob.page.get_by_test_id("message").locator(".text")
    expect(text).to_have_text("first line\n🎉", use_inner_text=True)
