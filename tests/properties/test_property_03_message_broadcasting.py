"""Feature: whatsapp-messaging-fix, Property 3: Message Broadcasting

Whatever a room's members write, every session of every member is told the same, in the same order,
on whichever process it is; only the session that wrote a message gets its ``ack`` instead.
"""

import asyncio
import itertools

import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.ordering import LiveFrame
from services.chat.hub.outbound import Outbound
from services.chat.hub.session import Seat, Session
from tests.integration.chat.world import Client
from tests.properties.told import told_once
from tests.unit.chat.hub.fake_wire import FakeWire

MEMBERS, SESSIONS = 4, 8

scripts = st.lists(st.integers(0, SESSIONS - 1), min_size=1, max_size=10)
"""Which session writes, one message after the other."""


@pytest.fixture(scope="module")
def meeting(world, loop):
    """Four people with two sessions each, one on each process."""
    people = world.people(MEMBERS)
    room = world.room(*people)
    places = itertools.product(world.chats, people)
    clients = [loop.run(Client.open(url, person.token)) for url, person in places]
    yield room, clients
    for client in clients:
        loop.run(client.close())


@settings(max_examples=100, deadline=None)
@given(script=scripts, at_once=st.booleans())
def test_every_session_is_told_the_same_in_the_same_order(world, loop, meeting, script, at_once):
    """Feature: whatsapp-messaging-fix, Property 3: Message Broadcasting"""
    room, clients = meeting

    async def write():
        writing = [clients[who].say(room, f"message {n}") for n, who in enumerate(script)]
        acks = await asyncio.gather(*writing) if at_once else [await one for one in writing]
        first = min(ack["seq"] for ack in acks)
        for number, client in enumerate(clients):
            others = len(script) - script.count(number)
            await client.until(
                lambda: len(told_once(client, room, first)) >= others,  # noqa: B023
                what="what the others wrote",
            )
        return acks

    acks = loop.run(write())

    first = min(ack["seq"] for ack in acks)
    author = {ack["seq"]: who for ack, who in zip(acks, script, strict=True)}
    assert sorted(author) == list(range(first, first + len(script)))
    for number, client in enumerate(clients):
        told = told_once(client, room, first)
        assert [m["seq"] for m in told] == [s for s in sorted(author) if author[s] != number]
        assert all(m["sender"] == clients[author[m["seq"]]].welcome["user"]["id"] for m in told)


@settings(max_examples=200, deadline=None)
@given(
    head=st.integers(0, 10),
    joined=st.integers(0, 10),
    left=st.none() | st.integers(0, 12),
    live_after=st.integers(0, 12),
    senders=st.lists(st.sampled_from(["own", "other", None]), min_size=12, max_size=12),
)
def test_a_session_gets_what_is_its_and_nothing_else_whenever_it_becomes_live(
    head, joined, left, live_after, senders
):
    """Feature: whatsapp-messaging-fix, Property 3: Message Broadcasting"""
    wire = FakeWire()
    seat = Seat(Session("own", "user", "sid", Outbound(wire)), after=joined, until=left)

    for seq, sender in enumerate(senders, start=1):
        if seq == live_after + 1:
            seat.go_live(head)
        seat.deliver(LiveFrame(seq, 1, sender, "author", str(seq)))
    if live_after == len(senders):
        seat.go_live(head)

    # What was told before it was live and is up to the head is in ``welcome`` already.
    last = len(senders) if left is None else left
    wanted = [
        str(seq)
        for seq, sender in enumerate(senders, start=1)
        if max(joined, head) < seq <= last and sender != "own"
    ]
    assert wire.written == wanted
