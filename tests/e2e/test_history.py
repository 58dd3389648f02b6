"""A long conversation: it opens with its newest messages, and scrolling up brings the rest.

The reader has had all of it on another device, or it would be replayed to them as news and nothing
would be left to scroll for.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from dev.harness import wait_until
from tests.e2e.callers import Callers
from tests.e2e.person import Person

COUNT, FIRST, NEXT = 130, 50, 20
PAGES = (COUNT - FIRST) // NEXT
A_PAGE = re.compile(r"/api/chat/rooms/[^/]+/messages\?")
BOX = '[data-testid="messages"]'
JUMP_PX = 2
"""Less than anybody sees."""
AWAY_PX = 100
"""A view that is so far from the top is not there any more; twenty messages are higher."""
ROWS = 80
"""What fills a screen several times over, and less than the conversation has."""
WATCH = """async (box) => {
    const frame = () => new Promise(requestAnimationFrame);
    const top = (row) => row.getBoundingClientRect().top - box.getBoundingClientRect().top;
    const rowOf = (seq) => box.querySelector(`[data-testid="message"][data-seq="${seq}"]`);
    for (let settled = 0; settled < 3; settled += 1) await frame();
    const rows = [...box.querySelectorAll('[data-testid="message"]')];
    const edge = box.getBoundingClientRect().top;
    const first = rows.find((row) => row.getBoundingClientRect().bottom > edge);
    const { seq } = first.dataset;
    const watched = (window.watched = { seq: Number(seq), tops: [top(first)], gone: false });
    const look = () => {
        const row = rowOf(seq);
        if (row === null) watched.gone = true;
        else watched.tops.push(top(row));
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
"""From now on notes in each frame where the row is that is the first in sight now."""
SETTLED = """async (box) => {
    for (let frames = 0; frames < 10; frames += 1) await new Promise(requestAnimationFrame);
    return window.watched;
}"""


class History:
    """The pages of history that a window asks for; each is held back until it is let through."""

    def __init__(self, page):
        self.asked = []
        self.got = []
        self._held = []
        self.is_holding = False
        page.route(A_PAGE, self._on_request)

    def _on_request(self, route):
        query = route.request.url.partition("?")[2]
        self.asked.append({name: int(value) for name, _, value in split(query)})
        if self.is_holding:
            self._held.append(route)
        else:
            self._pass(route)

    def let_through(self):
        for route in self._held:
            self._pass(route)
        self._held.clear()

    def _pass(self, route):
        response = route.fetch()
        self.got.append([message["seq"] for message in json.loads(response.body())["messages"]])
        route.fulfill(response=response)


def split(query):
    return [part.partition("=") for part in query.split("&")]


def long_conversation(callers):
    """Return two people with a long conversation; one wrote it, and the other has read it all."""
    carol, dora = callers.new("Carol"), callers.new("Dora")
    room = carol.room_with(dora)
    for number in range(1, COUNT + 1):
        carol.write(room, f"number {number}")
    dora.post(f"/rooms/{room}/receipts", {"delivered_seq": COUNT, "read_seq": COUNT})
    wait_until(
        lambda: dora.get(f"/rooms/{room}")["read_seq"] == COUNT, what="the receipts to be folded"
    )
    return carol, dora


@pytest.fixture(scope="module")
def only_looked_at(url):
    """A long conversation for all tests that write nothing."""
    with Callers(url) as callers:
        yield long_conversation(callers)


@pytest.fixture
def own(callers):
    """A long conversation of this test."""
    return long_conversation(callers)


@pytest.fixture(params=["only_looked_at"])
def conversation(request):
    """Two people with a long conversation: Carol, who wrote it, and Dora."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def reader(conversation, open_window):
    """Dora at a new window."""
    person = Person(open_window(), "Dora")
    person.username = conversation[1].username
    person.sign_in()
    expect(person.page.get_by_test_id("preview")).to_have_text(f"number {COUNT}")
    return person


@pytest.fixture
def history(reader):
    return History(reader.page)


@pytest.fixture
def messages(reader, history):
    """The open conversation, as it scrolls."""
    with reader.page.expect_response(A_PAGE):
        reader.open_room("Carol")
    messages = reader.page.get_by_test_id("messages")
    messages.evaluate(SETTLED)
    return messages


def rows(messages):
    return messages.get_by_test_id("message")


def scroll_to_top(messages):
    messages.evaluate("box => { box.scrollTop = 0; }")


def until_there_is_more_above(page):
    """Wait for what a scroll to the top has brought: the view stays, so it is at the top no more."""
    page.wait_for_function(f"() => document.querySelector('{BOX}').scrollTop > {AWAY_PX}")


def test_a_conversation_opens_with_its_newest_fifty(history, messages):
    """Feature: whatsapp-messaging-fix, Property 17: Chat Loading Behavior"""
    assert len(history.asked) == 1
    # One message is there for the list of conversations; it is not asked for again.
    assert history.asked[0]["limit"] in (FIRST - 1, FIRST)
    assert history.got[0][0] == COUNT - FIRST + 1
    assert rows(messages).last.get_attribute("data-seq") == str(COUNT)


def test_each_scroll_to_the_top_brings_twenty_until_the_beginning(reader, history, messages):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    for _ in range(PAGES):
        scroll_to_top(messages)
        until_there_is_more_above(reader.page)
        messages.evaluate(SETTLED)

    scroll_to_top(messages)
    messages.evaluate(SETTLED)
    assert [page["limit"] for page in history.asked[1:]] == [NEXT] * PAGES
    assert [page["before"] for page in history.asked[1:]] == [81, 61, 41, 21]
    assert history.got[1:] == [list(range(first, first + NEXT)) for first in (61, 41, 21, 1)]
    expect(messages.locator('[data-seq="1"]')).to_be_visible()


def test_the_view_stays_where_it_is_when_older_messages_come_above_it(reader, history, messages):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    history.is_holding = True
    for _ in range(2):
        with reader.page.expect_request(A_PAGE):
            scroll_to_top(messages)
        messages.evaluate(WATCH)

        history.let_through()
        until_there_is_more_above(reader.page)
        watched = messages.evaluate(SETTLED)

        assert not watched["gone"]
        moved = [abs(top - watched["tops"][0]) for top in watched["tops"]]
        assert max(moved) < JUMP_PX, watched


@pytest.mark.parametrize("conversation", ["own"], indirect=True)
def test_what_comes_at_the_end_is_not_read_by_who_reads_further_up(conversation, reader, messages):
    carol, _ = conversation
    room = reader.page.url.rpartition("/")[2]
    read_seq = lambda: carol.get(f"/rooms/{room}")["lowest"][0]["read_seq"]  # noqa: E731
    below = reader.page.get_by_test_id("unread-below")
    scroll_to_top(messages)
    until_there_is_more_above(reader.page)

    seq = carol.write(room, "news")
    expect(below).to_have_text("1")
    expect(reader.unread).to_contain_text("1")
    assert read_seq() == COUNT
    reader.page.get_by_role("button", name="To the latest").click()

    expect(below).to_have_count(0)
    expect(reader.message("news")).to_be_visible()
    wait_until(lambda: read_seq() == seq, what="the news to be read")


def test_the_page_does_not_grow_with_the_conversation(reader, messages):
    for _ in range(PAGES):
        scroll_to_top(messages)
        until_there_is_more_above(reader.page)

    for place in (0, 0.5, 1):
        messages.evaluate(
            "(box, place) => { box.scrollTop = place * box.scrollHeight; }", arg=place
        )
        messages.evaluate(SETTLED)
        assert 0 < rows(messages).count() < ROWS
