"""Several pages of one browser: one connection, counted at the server, and nothing is lost with one."""

from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED, BACK_WITHIN_MS, Person

LOOKS, LOOK_MS = 200, 100


@pytest.fixture
def more_pages(alice):
    """Open two more pages of Alice's browser."""

    def opened():
        page = alice.page.context.new_page()
        person = Person(page, alice.name)
        person.username = alice.username
        page.goto(alice.page.url)
        expect(page.get_by_test_id("me")).to_contain_text(alice.name)
        return person

    return [opened(), opened()]


def until_connections(person, count):
    """Wait until the server counts so many connections of somebody."""
    url = urljoin(person.page.url, "/api/presence/me")
    told = None
    for _ in range(LOOKS):
        told = person.page.request.get(url).json()["active_connections"]
        if told == count:
            return
        person.page.wait_for_timeout(LOOK_MS)
    assert told == count


def test_three_pages_of_one_browser_have_one_connection_and_show_the_same(alice, bob, more_pages):
    alice.find(bob)
    alice.write("from the first page")
    for page in more_pages:
        page.open_room("Bob")
        expect(page.message("from the first page")).to_be_visible()
    more_pages[1].write("from the third")

    bob.open_room("Alice")
    expect(bob.message("from the third")).to_be_visible()
    bob.write("to all of them")

    for page in (alice, *more_pages):
        expect(page.message("to all of them")).to_be_visible()
        expect(page.message("from the third")).to_have_attribute("data-state", "read")
    until_connections(alice, 1)
    assert [len(page.frames) > 0 for page in more_pages] == [False, False]


def test_what_is_read_on_one_page_is_read_on_all(alice, bob, more_pages):
    bob.find(alice)
    bob.write("Anybody?")
    for page in (alice, *more_pages):
        expect(page.unread).to_contain_text("1")

    more_pages[0].page.bring_to_front()
    more_pages[0].open_room("Bob")

    for page in (alice, *more_pages):
        expect(page.unread).to_have_count(0)
    expect(bob.ticks("Anybody?")).to_have_attribute("data-state", "read")


def test_when_the_page_that_leads_is_closed_another_one_goes_on(alice, bob, more_pages):
    first, second = more_pages
    alice.find(bob)
    alice.write("before")
    for page in more_pages:
        page.open_room("Bob")

    alice.page.close()
    first.write("right after")

    expect(first.message("right after")).to_have_attribute("data-state", ACCEPTED)
    expect(second.message("right after")).to_be_visible()
    bob.open_room("Alice")
    expect(bob.message("right after")).to_have_count(1)
    bob.write("still there?")
    for page in more_pages:
        expect(page.message("still there?")).to_be_visible()
    until_connections(first, 1)


def test_what_is_being_sent_as_all_pages_are_closed_is_sent_by_the_next(suite, alice, bob):
    alice.find(bob)
    alice.write("before")
    expect(alice.message("before")).to_have_attribute("data-state", ACCEPTED)
    address, context = alice.page.url, alice.page.context

    suite.pause("chat")
    for number in range(3):
        alice.write(f"unsent {number}")
    alice.until_kept("drafts", 3)
    alice.page.close()
    suite.resume("chat")
    page = context.new_page()
    page.goto(address)

    again = Person(page, alice.name)
    for number in range(3):
        expect(again.message(f"unsent {number}")).to_have_attribute("data-state", ACCEPTED)
    bob.open_room("Alice")
    expect(bob.page.get_by_test_id("message")).to_have_count(4)
    texts = [each.splitlines()[0] for each in bob.page.get_by_test_id("message").all_inner_texts()]
    assert texts == ["before", "unsent 0", "unsent 1", "unsent 2"]


def test_what_chat_cannot_take_is_left_to_the_queue_and_arrives(suite, alice, bob):
    alice.find(bob)
    alice.write("before")
    bob.open_room("Alice")
    expect(bob.message("before")).to_be_visible()

    with suite.stopped("chat"):
        alice.write("by the queue")
        expect(alice.message("by the queue")).to_have_attribute(
            "data-state", "queued", timeout=BACK_WITHIN_MS
        )

    expect(bob.message("by the queue")).to_have_count(1, timeout=BACK_WITHIN_MS)
    expect(alice.message("by the queue")).to_have_attribute(
        "data-state", ACCEPTED, timeout=BACK_WITHIN_MS
    )


def test_who_signs_out_on_one_page_is_signed_out_on_all_and_nobody_writes_as_the_next(
    alice, bob, more_pages
):
    """The page that leads is one of the others; it hears of it without the server."""
    alice.find(bob)
    alice.write("by Alice")
    second, third = more_pages
    third.open_room("Bob")
    alice.page.route("**/api/**", lambda route: route.abort())

    second.page.get_by_role("button", name="Sign out").click()
    for page in (alice, second, third):
        expect(page.page.get_by_label("Username", exact=True)).to_be_visible()
    second.username, second.name = bob.username, bob.name
    second.sign_in()
    second.open_room("Alice")

    expect(second.message("by Alice")).to_have_attribute("data-mine", "false")
    assert not alice.composer.is_visible()
    assert not third.composer.is_visible()


def test_who_signs_out_leaves_nothing_in_the_browser(alice, bob):
    alice.find(bob)
    alice.write("a secret")
    expect(alice.message("a secret")).to_have_attribute("data-state", ACCEPTED)
    alice.until_kept("messages")

    alice.page.get_by_role("button", name="Sign out").click()
    expect(alice.page.get_by_label("Username", exact=True)).to_be_visible()

    for what in ("messages", "rooms", "drafts"):
        alice.until_forgotten(what)
