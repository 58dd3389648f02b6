"""Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination

From wherever one scrolls, up or down, and whatever is written meanwhile: each page has exactly 20
messages but the last, the cursor itself never comes again, and in the end one has had everything
that one may read, once and in order. What the page does of its own is tested in the browser.
"""

import asyncio
import math
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.pending import new_client_id
from tests.properties.at_once import held_open
from tests.properties.pages import page_of, scroll_about

PAGE, LARGEST = 20, 110


class Scroll(NamedTuple):
    """Where somebody begins to scroll, in a room that they joined late, perhaps.

    Attributes:
        size: messages of the room.
        joined: how many of them had been written when they joined.
        cursor: where they begin; it need not be a message of the room.
        written: what is written while they scroll up.
    """

    size: int
    joined: int
    cursor: int
    written: int


scrolls = st.builds(
    lambda size, joined, cursor, written: Scroll(size, min(size, joined), cursor, written),
    st.integers(0, LARGEST) | st.sampled_from((19, 20, 21, 39, 40, 41)),
    st.just(0) | st.integers(0, 30),
    st.integers(1, LARGEST + 10),
    st.integers(0, 3),
)


def check(scroll, above, below):
    """Check that all pages are full but the last ones, and have what may be read, once, in order."""
    readable = range(scroll.joined + 1, scroll.size + scroll.written + 1)
    wanted_above = [seq for seq in readable if seq < scroll.cursor and seq <= scroll.size]
    wanted_below = [seq for seq in readable if seq > scroll.cursor]
    assert [seq for page in reversed(above) for seq in page] == wanted_above
    assert [seq for page in below for seq in page] == wanted_below
    for pages, wanted in ((above, wanted_above), (below, wanted_below)):
        assert all(len(page) == PAGE for page in pages[:-1])
        assert len(pages) == max(1, math.ceil(len(wanted) / PAGE))


@settings(max_examples=200, deadline=None)
@given(scroll=scrolls)
def test_scrolling_brings_everything_once_in_pages_of_exactly_twenty(scroll):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    seqs = [*range(scroll.joined + 1, scroll.size + 1)]

    async def ask(**wish):
        return page_of(seqs, **wish)

    async def write():
        seqs.extend(range(scroll.size + 1, scroll.size + 1 + scroll.written))

    above, below = asyncio.run(scroll_about(ask, scroll.cursor, write))

    check(scroll, above, below)


# -- the real suite ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(world):
    return world.person()


@pytest.fixture(scope="module")
def http(world, loop, reader):
    with held_open(loop, world.http(reader)) as http:
        yield http


@settings(max_examples=100, deadline=None)
@given(scroll=scrolls)
def test_scrolling_through_any_room_brings_everything_once_in_pages_of_exactly_twenty(
    world, loop, http, reader, scroll
):
    """Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination"""
    room = world.room(reader, joined_seq=scroll.joined)
    world.fill(room, reader, scroll.size)
    path = f"/rooms/{room}/messages"

    async def ask(**wish):
        page = (await http.get(path, params=wish)).json()
        assert all(message["room"] == room for message in page["messages"])
        return [message["seq"] for message in page["messages"]], page["has_more"]

    async def write():
        for number in range(scroll.written):
            body = {"client_id": new_client_id(), "content": f"new {number}"}
            await http.post(path, json=body)

    above, below = loop.run(scroll_about(ask, scroll.cursor, write))

    check(scroll, above, below)
