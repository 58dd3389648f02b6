"""Feature: whatsapp-messaging-fix, Property 2: Real-time Message Delivery

Any message between two who are online is in the database when its ``ack`` comes, and reaches the
other one, as it was written and in order. How fast is measured by the load tests in benchmarks/,
with many connections and percentiles: a limit on one machine's clock would only make this flaky.
"""

import asyncio
import uuid

import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.ordering import HELD_FRAMES, LiveFrame, Sequencer
from tests.integration.chat.world import Client, message_frame
from tests.properties.told import told_once

contents = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300
).filter(lambda content: not content.isspace())


@pytest.fixture(scope="module")
def pair(world, loop):
    """Two people in one room, connected to different processes."""
    people = world.people(2)
    room = world.room(*people)
    clients = [
        loop.run(Client.open(url, person.token))
        for url, person in zip(world.chats, people, strict=True)
    ]
    yield room, clients
    for client in clients:
        loop.run(client.close())


@settings(max_examples=100, deadline=None)
@given(content=contents, sender=st.integers(0, 1))
def test_any_message_is_stored_at_its_ack_and_delivered_as_it_was_written(
    world, loop, pair, content, sender
):
    """Feature: whatsapp-messaging-fix, Property 2: Real-time Message Delivery"""
    room, clients = pair
    writer, reader = clients[sender], clients[1 - sender]
    client_id = str(uuid.uuid4())

    async def send():
        ack = await writer.say(room, content, client_id=client_id)
        stored = world.rows(
            "select client_id::text, content from message where room_id = %s and seq = %s",
            *(room, ack["seq"]),
        )
        told = await reader.until(lambda: told_once(reader, room, ack["seq"]), what="the message")
        return ack, stored, told

    ack, stored, [message] = loop.run(send())

    assert ack["type"] == "ack"
    assert stored == [(client_id, content)]
    assert message == {
        "type": "message",
        "id": ack["id"],
        "room": room,
        "seq": ack["seq"],
        "sender": writer.welcome["user"]["id"],
        "client_id": client_id,
        "content": content,
        "reply_to": None,
        "created_at": ack["created_at"],
    }


@settings(max_examples=100, deadline=None)
@given(burst=st.lists(contents, min_size=1, max_size=12), sender=st.integers(0, 1))
def test_any_burst_arrives_in_the_order_in_which_it_was_sent(world, loop, pair, burst, sender):
    """Feature: whatsapp-messaging-fix, Property 2: Real-time Message Delivery"""
    room, clients = pair
    writer, reader = clients[sender], clients[1 - sender]

    async def send():
        asking = (writer.ask(message_frame(room, content)) for content in burst)
        seqs = [ack["seq"] for ack in await asyncio.gather(*asking)]
        await reader.until(
            lambda: len(told_once(reader, room, min(seqs))) >= len(burst), what="the burst"
        )
        return seqs, told_once(reader, room, min(seqs))

    seqs, arrived = loop.run(send())

    assert seqs == list(range(seqs[0], seqs[0] + len(burst)))
    assert [message["seq"] for message in arrived] == seqs
    assert [message["content"] for message in arrived] == burst


def out_of(order):
    seqs = []
    while (frame := order.take()) is not None:
        seqs.append(frame.seq)
    return seqs


@settings(max_examples=200, deadline=None)
@given(
    start=st.integers(1, 50),
    count=st.integers(0, 2 * HELD_FRAMES),
    lost=st.sets(st.integers(0, 2 * HELD_FRAMES), max_size=30),
    doubled=st.lists(st.integers(0, 2 * HELD_FRAMES), max_size=30),
    chance=st.randoms(use_true_random=False),
    reach=st.integers(0, 2 * HELD_FRAMES),
)
def test_any_arrival_of_news_is_put_in_order_and_holes_are_read_once(
    start, count, lost, doubled, chance, reach
):
    """Feature: whatsapp-messaging-fix, Property 2: Real-time Message Delivery"""
    seqs = range(start, start + count)
    arriving = [seq for seq in [*seqs, *(start + n for n in doubled)] if seq - start not in lost]
    arriving = sorted(
        (seq for seq in arriving if seq in seqs), key=lambda seq: seq + chance.random() * reach
    )
    order, out = Sequencer(), list[int]()

    order.start(start)
    for seq in arriving:
        order.offer(LiveFrame(seq, 1, None, "author", str(seq)))
        out += out_of(order)
    while order.next is not None and order.next < start + count:
        # As the hub does: what is missing is read from the database, frame by frame.
        first, last = order.hole() or (order.next, start + count - 1)
        for seq in range(first, min(last, first + HELD_FRAMES - 1) + 1):
            order.offer(LiveFrame(seq, 1, None, "author", str(seq)))
        out += out_of(order)

    assert out == list(seqs)
