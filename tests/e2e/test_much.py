"""A conversation of a hundred thousand messages, and a list of a thousand conversations."""

import pytest
from playwright.sync_api import expect

from tests.e2e import filling
from tests.e2e.person import Person

MESSAGES, APART_S = 100_000, 300
"""They took nearly a year."""
ROOMS = 1_000
LONG_AGO, TODAY = 200, 0
"""Days."""
BEFORE_ALL = "2001-01-01"
MOST_ROWS = 100
"""What fills a screen several times over."""


@pytest.fixture
def sign_in(open_window):
    """Give somebody who was signed up already a window."""

    def sign_in(caller):
        person = Person(open_window(locale="en-GB", timezone_id="UTC"), "Alice")
        person.username = caller.username
        person.sign_in()
        return person

    return sign_in


@pytest.fixture
def reader(suite, callers, sign_in):
    """Alice, in her long conversation with Bob, who never answers: each page ends with her own."""
    alice, bob = callers.new("Alice"), callers.new("Bob")
    me = alice.get("/me")["user"]["id"]
    filling.fill(suite, alice.room_with(bob), MESSAGES, sender=me, apart_s=APART_S)
    reader = sign_in(alice)
    reader.open_room("Bob")
    expect(message(reader, MESSAGES)).to_be_visible()
    return reader


def message(person, seq):
    return person.message(f"This is message {seq}.")


SCROLL = """async (box, [seq, edge]) => {
    const row = () => box.querySelector(`[data-testid="message"][data-seq="${seq}"]`);
    while (row() === null) {
        box.scrollTop = edge === "top" ? 0 : box.scrollHeight;
        await new Promise(requestAnimationFrame);
    }
}"""
"""Scrolls to an edge, again and again, until a message is there."""


def scroll_to(person, seq, *, edge):
    person.page.get_by_test_id("messages").evaluate(SCROLL, [seq, edge])


def rows(person):
    return person.page.get_by_test_id("message").count()


def go_to(person, day):
    person.page.get_by_test_id("open-details").click()
    person.page.get_by_label("Go to a date").fill(day)
    person.page.get_by_role("button", name="Go", exact=True).click()


def shown_seqs(person):
    """The messages on the page, by their seqs."""
    return person.page.get_by_test_id("message").evaluate_all(
        "all => all.map((row) => Number(row.dataset.seq))"
    )


def test_one_goes_to_a_day_reads_on_from_there_and_comes_back(suite, reader):
    page = reader.page
    room = page.url.rpartition("/")[2]
    day, label, first = filling.day_in(suite, room, ago=LONG_AGO)

    go_to(reader, day)

    expect(message(reader, first)).to_be_in_viewport()
    expect(page.locator(".day-line").filter(has_text=label)).to_be_in_viewport()
    assert MESSAGES not in shown_seqs(reader)
    assert rows(reader) < MOST_ROWS

    scroll_to(reader, first + 100, edge="bottom")
    seqs = shown_seqs(reader)
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    assert seqs[-1] < first + 100 + MOST_ROWS
    scroll_to(reader, first - 60, edge="top")

    page.get_by_role("button", name="To the latest").click()
    expect(message(reader, MESSAGES)).to_be_in_viewport()
    assert rows(reader) < MOST_ROWS


def test_a_day_before_all_is_the_beginning_and_today_leads_back_to_the_end(suite, reader):
    go_to(reader, BEFORE_ALL)
    expect(message(reader, 1)).to_be_in_viewport()

    room = reader.page.url.rpartition("/")[2]
    day, _, _ = filling.day_in(suite, room, ago=TODAY)
    go_to(reader, day)
    expect(reader.page.locator(".day-line").filter(has_text="Today")).to_be_in_viewport()
    scroll_to(reader, MESSAGES, edge="bottom")
    expect(message(reader, MESSAGES)).to_be_visible()


def test_of_a_thousand_conversations_those_in_sight_are_on_the_page(suite, callers, sign_in):
    alice, bob = callers.new("Alice"), callers.new("Bob")
    filling.add_rooms(suite, ROOMS, *(caller.get("/me")["user"]["id"] for caller in (alice, bob)))
    person = sign_in(alice)
    room = person.page.get_by_test_id("room")
    # Those that found no place in `welcome` come one page after the other.
    expect(person.page.locator(f'[aria-setsize="{ROOMS}"]').first).to_be_visible()
    expect(room.first).to_contain_text("Room 1")
    assert room.count() < MOST_ROWS

    scroller = person.page.locator(".sidebar-scroll")
    scroller.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(room.filter(has_text=f"Room {ROOMS}")).to_be_in_viewport()
    assert room.count() < MOST_ROWS
    room.filter(has_text=f"Room {ROOMS}").click()
    expect(person.message(f"Welcome to room {ROOMS}")).to_be_visible()

    person.page.get_by_test_id("search").fill("Room 77")
    expect(room).to_have_count(11)
