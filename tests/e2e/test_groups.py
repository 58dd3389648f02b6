"""Groups in the windows of a real browser. They are made and changed over HTTP by their owner."""

import pytest
from playwright.sync_api import expect

from tests.e2e.person import BACK_WITHIN_MS


class Group:
    """A group, as its owner holds it."""

    def __init__(self, owner, name, *members):
        self._owner = owner
        self._room = owner.group(name, *members)
        self._path = f"/rooms/{self._room}"

    def rename(self, name):
        self._owner.patch(self._path, {"name": name})

    def add(self, *members):
        names = [member.username for member in members]
        self._owner.post(f"{self._path}/members", {"members": names})

    def remove(self, member):
        self._owner.delete(f"{self._path}/members/{member.user_id}")

    def write(self, content):
        self._owner.write(self._room, content)


@pytest.fixture
def group(callers, alice, bob):
    """Alice and Bob in a group of Carol's."""
    return Group(callers.new("Carol"), "Team", alice, bob)


def senders(person):
    """Return the names in an open conversation, from the top."""
    return person.page.get_by_test_id("sender")


def test_a_group_appears_in_open_windows_and_says_who_wrote_what(alice, bob, group):
    alice.open_room("Team")
    bob.open_room("Team")
    expect(alice.page.get_by_test_id("about")).to_have_text("3 members")

    group.write("Welcome, both")
    group.write("Shall we begin?")
    expect(alice.message("begin?")).to_be_visible()
    alice.write("Hello everybody")
    expect(bob.message("Hello everybody")).to_be_visible()
    bob.write("Here I am")
    expect(alice.message("Here I am")).to_be_visible()
    group.rename("Crew")

    expect(senders(alice)).to_have_text(["Carol", "Bob"])
    expect(senders(bob)).to_have_text(["Carol", "Alice"])
    expect(alice.page.get_by_test_id("preview-author")).to_have_text("Bob:")
    expect(bob.page.get_by_test_id("preview-author")).to_have_count(0)
    for person in (alice, bob):
        expect(person.page.get_by_role("heading", name="Crew")).to_be_visible()
        expect(person.page.get_by_test_id("room")).to_contain_text("Crew")


def test_who_is_removed_gets_nothing_more_and_who_is_added_again_begins_anew(alice, bob, group):
    alice.open_room("Team")
    bob.open_room("Team")
    group.write("before")
    expect(bob.message("before")).to_be_visible()

    group.remove(bob)
    expect(bob.page.get_by_test_id("not-here")).to_contain_text("You are not a member of this room")
    expect(bob.page.get_by_test_id("room")).to_have_count(0)
    expect(alice.page.get_by_test_id("about")).to_have_text("2 members")
    group.write("without Bob")
    expect(alice.message("without Bob")).to_be_visible()
    expect(bob.page.get_by_test_id("not-here")).to_be_visible()
    group.add(bob)
    expect(bob.page.get_by_test_id("about")).to_have_text("3 members")
    expect(bob.page.get_by_test_id("no-messages")).to_be_visible()
    group.write("after")

    expect(bob.message("after")).to_be_visible()
    expect(bob.page.get_by_test_id("message")).to_have_count(1)
    assert [word for word in ("before", "without Bob", "after") if bob.was_sent(word)] == [
        "before",
        "after",
    ]
    bob.write("I am back")
    expect(alice.message("I am back")).to_be_visible()
    bob.page.reload()
    expect(bob.message("I am back")).to_be_visible()
    expect(bob.page.get_by_test_id("message")).to_have_count(2)


def test_what_was_written_offline_is_not_lost_with_the_group(alice, bob, group):
    bob.open_room("Team")
    bob.lose_network()
    bob.write("One more thing")
    group.remove(bob)
    bob.page.context.set_offline(False)

    expect(bob.page.get_by_test_id("not-here")).to_be_visible(timeout=BACK_WITHIN_MS)
    expect(bob.message("One more thing")).to_have_attribute(
        "data-state", "failed", timeout=BACK_WITHIN_MS
    )
    bob.message("One more thing").get_by_role("button", name="Delete").click()
    expect(bob.page.get_by_test_id("message")).to_have_count(0)
