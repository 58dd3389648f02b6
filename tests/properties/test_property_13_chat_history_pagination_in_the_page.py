"""Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination

In the browser: however long a conversation is, and wherever one scrolls in it: it opens with its
newest fifty, and whatever is asked for then is the next twenty above what is there, until the
beginning, and nothing twice. The reader had all of it on another device, or it would come as news.
"""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.e2e.person import Person
from tests.integration.chat.world import Person as Known
from tests.properties.at_once import drawn_from
from tests.properties.many import many_rooms

SCRIPT = Path(__file__).with_name("scrolling.js")
FIRST, NEXT, LARGEST = 50, 20, 130
LOOKS, LOOK_MS = 300, 50


class Scroll(NamedTuple):
    """A conversation of so many messages, and places in it: 0 is the top of what is there."""

    size: int
    places: list[float]


scrolls = st.builds(
    Scroll,
    st.integers(0, LARGEST) | st.sampled_from((1, 2, 49, 50, 51, 69, 70, 71)),
    st.lists(st.sampled_from((0.0, 1.0)) | st.floats(0, 1), max_size=1),
)


@pytest.fixture(scope="module")
def reader(windows):
    """Somebody at the one page in which all of it is read."""
    person = Person(windows.open(script=SCRIPT), "Alice")
    person.sign_up()
    return person


def long_rooms(world, reader, sizes):
    """Make rooms that have so many messages, all of which their only member has had and read."""
    me, author = Known(reader.user_id, reader.username, "", ""), world.person()
    rooms = many_rooms(world, [[me] for _ in sizes])
    world.rows(
        "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
        " select id, n, %s, gen_random_uuid(), 'number ' || n, now()"
        " from unnest(%s::uuid[], %s::bigint[]) made (id, size), generate_series(1, size) n",
        *(author.id, rooms, sizes),
    )
    world.rows(
        "update room set last_seq = size from unnest(%s::uuid[], %s::bigint[]) made (made, size)"
        " where id = made",
        *(rooms, sizes),
    )
    world.rows(
        "update member set delivered_seq = last_seq, read_seq = last_seq from room"
        " where room_id = room.id and room_id = any(%s::uuid[])",
        rooms,
    )
    return rooms


def until_newest_are_there(reader):
    """Wait for the newest message of each room: the list of conversations shows it."""
    for _ in range(LOOKS):
        if reader.was_sent('"type":"synced"'):
            return
        reader.page.wait_for_timeout(LOOK_MS)
    pytest.fail("The newest messages did not come.")


def check(scroll, pages):
    """Check that what was asked for is what is missing, page by page."""
    size = scroll.size
    held = 1 if size > 0 else 0
    wanted = FIRST - held
    for page in pages:
        lowest = size - held + 1
        assert (page["before"], page["limit"]) == (lowest, wanted)
        assert page["seqs"] == list(range(max(1, lowest - wanted), lowest))
        held += len(page["seqs"])
        wanted = NEXT
    assert held == size


def test_wherever_one_scrolls_in_the_page_the_next_twenty_come_until_the_beginning(world, reader):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    drawn = drawn_from(scrolls)
    rooms = long_rooms(world, reader, [scroll.size for scroll in drawn])
    reader.frames.clear()
    reader.page.reload()
    expect(reader.page.get_by_test_id("room").first).to_be_visible()
    until_newest_are_there(reader)

    for room, scroll in zip(rooms, drawn, strict=True):
        wish = {"room": room, "size": scroll.size, "places": scroll.places}
        pages = reader.page.evaluate("wish => window.scrollThrough(wish)", wish)
        try:
            check(scroll, pages)
        except AssertionError as error:
            error.add_note(f"example: {scroll!r}, pages: {pages!r}")
            raise
