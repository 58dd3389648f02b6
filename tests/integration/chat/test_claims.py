"""Receipts of clients, on their way to the receipts service: what stands on the stream."""

import pytest

from tests.integration.chat.claims import claimed, marks, until_claimed


def receipt(kind, room, seq):
    return {"type": kind, "room": room, "seq": seq}


@pytest.fixture
def redis_url(world):
    return world.suite.state.redis_url


@pytest.fixture
def couple(world):
    """Two people in a room of 40 messages."""
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 40)
    return alice, bob, room


async def test_what_a_client_received_and_read_is_claimed_with_its_session(
    world, couple, redis_url
):
    _, bob, room = couple

    async with world.client(bob) as client:
        await client.socket.send(receipt("delivered", room, 40))
        await client.socket.send(receipt("read_receipt", room, 38))
        [claim] = await until_claimed(redis_url, room, len)

    assert marks([claim]) == [(bob.id, 40, 38, False)]
    assert claim.session == client.welcome["session"]
