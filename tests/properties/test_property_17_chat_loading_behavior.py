"""Feature: whatsapp-messaging-fix, Property 17: Chat Loading Behavior

Opening any room brings its newest 50 messages; what is older comes page by page, nothing twice and
nothing left out, whatever its size and whatever the size of a page. What is written meanwhile is a
matter of Property 13.
"""

import pytest
from hypothesis import given, settings, strategies as st

from tests.properties.at_once import held_open
from tests.properties.pages import page_of as page_of_list

NEWEST, PAGE, LARGEST_PAGE = 50, 20, 100


@settings(max_examples=200, deadline=None)
@given(size=st.integers(0, 400), limit=st.none() | st.integers(1, LARGEST_PAGE))
def test_a_list_opens_with_its_newest_fifty_and_the_rest_comes_below(size, limit):
    """Feature: whatsapp-messaging-fix, Property 17: Chat Loading Behavior"""
    seqs = range(1, size + 1)

    pages = [page_of_list(seqs)]
    while pages[-1][1]:
        pages.append(page_of_list(seqs, before=pages[-1][0][0], limit=limit))

    assert pages[0][0] == list(seqs)[-NEWEST:]
    assert [seq for page, _ in reversed(pages) for seq in page] == list(seqs)
    assert all(len(page) == (limit or PAGE) for page, _ in pages[1:-1])


@pytest.fixture(scope="module")
def reader(world):
    return world.person()


@pytest.fixture(scope="module")
def http(world, loop, reader):
    with held_open(loop, world.http(reader)) as http:
        yield http


async def page_of(http, room, **params):
    answer = await http.get(f"/rooms/{room}/messages", params=params)
    page = answer.json()
    return [message["seq"] for message in page["messages"]], page["has_more"]


@settings(max_examples=100, deadline=None)
@given(
    size=st.integers(0, 130) | st.sampled_from([49, 50, 51, 69, 70, 71]),
    limit=st.none() | st.integers(PAGE // 2, LARGEST_PAGE),
)
def test_any_room_opens_with_its_newest_fifty_and_scrolls_back_by_twenty_or_as_wished(
    world, loop, http, reader, size, limit
):
    """Feature: whatsapp-messaging-fix, Property 17: Chat Loading Behavior"""
    room = world.room(reader)
    world.fill(room, reader, size)
    wish = {} if limit is None else {"limit": limit}

    async def scroll():
        pages = [await page_of(http, room)]
        while pages[-1][1]:
            pages.append(await page_of(http, room, before=pages[-1][0][0], **wish))
        return pages

    pages = loop.run(scroll())

    sizes = [len(seqs) for seqs, _ in pages]
    assert pages[0][0] == list(range(max(0, size - NEWEST) + 1, size + 1))
    assert [seq for seqs, _ in reversed(pages) for seq in seqs] == list(range(1, size + 1))
    assert all(count == (limit or PAGE) for count in sizes[1:-1])
    assert sizes[-1] > 0 or size == 0
