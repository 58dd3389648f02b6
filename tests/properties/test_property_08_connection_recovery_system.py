"""Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System

However connections end, and however often none can be opened: the first try to come back is made
within two seconds, the pauses double with jitter, what was missed is there afterwards, once and in
order, and what was written meanwhile is stored in the order of writing.
"""

import asyncio
import contextlib
import dataclasses
import random
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from clients.python import parley
from tests.faults.rig.proxy import Way
from tests.properties.at_once import EXAMPLES, held_open, play_at_once, until, until_queue_knows
from tests.properties.many import many_people, many_rooms
from tests.properties.on_the_line import on_the_line
from tests.properties.quick_time import QuickLoop
from tests.properties.recovery_play import FOR_EVER_S, ROOMS, Life, Refusal, play

BASES_S = (2, 4, 8, 16, 32)
OFFLINE_S = 60
STEADY_AFTER_S = 10
LOSSES = (1000, 1001, 1006, 1011, 1012)
"""Close codes behind which a client comes back; the two others below push it back. (4001 asks for a
renewal before, and 4029 for more patience.)"""
CODES = (*LOSSES, 4008, 4503)
TURN_S = 1e-3

lives = st.builds(
    Life,
    lasts_s=st.floats(0.0, 25.0),
    close_code=st.sampled_from(CODES),
    replay=st.sampled_from(("all", "all", "half", "none")),
    offered_after_s=st.floats(0.0, 1.9),
    pace_s=st.floats(0.0, 1.9),
    is_received_elsewhere=st.booleans(),
)
refusals = st.sampled_from(("nobody there", "closes", "says nothing")).map(Refusal)
fates = st.lists(lives | refusals, max_size=8) | st.lists(refusals, min_size=6, max_size=9)
steady = lives.map(lambda life: dataclasses.replace(life, lasts_s=FOR_EVER_S))
writings = st.lists(st.tuples(st.floats(0.0, 12.0), st.sampled_from(ROOMS)), max_size=8)


def bounds_of_pauses(outages):
    """Return the shortest and the longest pause that each outage may have, by the rules."""
    rung, bounds = 0, []
    for outage in outages:
        lived_s = outage.lived_s
        if lived_s is not None and (lived_s >= STEADY_AFTER_S or outage.close_code in LOSSES):
            rung = 0
        base_s = BASES_S[rung] if rung < len(BASES_S) else OFFLINE_S
        bounds.append((base_s / 2 if rung < len(BASES_S) else OFFLINE_S, base_s))
        rung += 1
    return bounds


@settings(max_examples=100, deadline=None)
@given(
    fates=fates,
    last=steady,
    before=st.lists(st.sampled_from(ROOMS), max_size=4),
    bob=writings,
    me=writings,
    rng=st.randoms(use_true_random=True),
)
def test_a_client_recovers_from_whatever_ends_its_connections(fates, last, before, bob, me, rng):
    """Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        played = runner.run(play([*fates, last], before=before, bob=bob, me=me, rng=rng))

    comes_back_in_time(played.server, played.states)
    has_what_was_missed(played.server, played.given)
    asks_for_nothing_that_is_being_replayed(played.server)
    has_sent_what_was_written(played.server, played.written)


def comes_back_in_time(server, states):
    outages = server.outages[:-1]  # the last one is the client's leaving
    bounds = bounds_of_pauses(outages)
    for outage, (shortest_s, longest_s) in zip(outages, bounds, strict=True):
        pause_s = outage.ended_at - outage.began_at
        assert shortest_s - TURN_S <= pause_s <= longest_s + TURN_S
        if outage.lived_s is not None and outage.close_code in LOSSES:
            assert pause_s <= 2 + TURN_S
    slow = [longest_s == OFFLINE_S for _, longest_s in bounds]
    begun_without = bool(outages) and outages[0].lived_s is None
    assert states.count("OfflineMode") == sum(slow) + begun_without
    assert states.count("Connected") == sum(s.welcomed_at is not None for s in server.sessions)


def has_what_was_missed(server, given):
    for room in ROOMS:
        stored = [(one["seq"], one["content"]) for one in server.of(room)]
        here = [(one.seq, one.content) for one in given if one.room == room]
        assert here == stored[server.begins[room] :]
        assert server.delivered[room] == len(stored)


def asks_for_nothing_that_is_being_replayed(server):
    lives = [session.life for session in server.sessions]
    for session in server.sessions:
        assert session.too_early == []
    if not any(isinstance(one, Life) and one.is_received_elsewhere for one in lives):
        assert all(session.replayed.isdisjoint(session.synced) for session in server.sessions)


def has_sent_what_was_written(server, written):
    for room in ROOMS:
        stored = [one["content"] for one in server.of(room) if one["sender"] == "me"]
        assert stored == [content for place, content in written if place == room]


def test_a_steady_connection_is_tried_once_and_keeps_what_it_has():
    """Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System"""
    life = Life(FOR_EVER_S, 1006, "all", 0.1, 0.0, is_received_elsewhere=False)
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        played = runner.run(
            play([life], before=["r"], bob=[(1.0, "r")], me=[(1.0, "t")], rng=random)
        )

    assert [session.life for session in played.server.sessions] == [life]
    assert played.states == ["Connected", "Disconnected"]
    assert sorted((one.room, one.seq) for one in played.given) == [("r", 1), ("r", 2), ("t", 1)]


# -- the real suite ---------------------------------------------------------------------------

SOME_FRAMES = 1200
"""Bytes of some messages on their way to a client."""


class Loss(NamedTuple):
    """A client loses its connection, in the midst of what comes, or in silence.

    Attributes:
        device: which of somebody's devices.
        after_bytes: how much still reaches it, at the most.
        coming: what others write until then.
        meanwhile: what they write while it is lost.
        own: what is written on the device while it is lost.
        is_in_vain: whether its first try to come back fails.
    """

    device: int
    after_bytes: int
    coming: int
    meanwhile: int
    own: int
    is_in_vain: bool


losses = st.builds(
    Loss,
    st.integers(0, 1),
    st.integers(0, SOME_FRAMES),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 2),
    st.sampled_from((False, False, False, True)),
)
journeys = st.tuples(losses) | st.tuples(losses, losses.filter(lambda loss: not loss.is_in_vain))


@pytest.fixture(scope="module")
def correspondents(world, loop):
    """Somebody who writes, and a hundred people whom they write to, each in a room of their own."""
    writer, *people = many_people(world, 1 + EXAMPLES)
    rooms = many_rooms(world, [[writer, person] for person in people], told=True)
    loop.run(until_queue_knows(world, rooms, members=2 * len(rooms)))
    chat = loop.run(parley.with_token(world.url, writer.token))
    with held_open(loop, chat):
        yield chat, list(zip(people, rooms, strict=True))


async def live_through(loss, device, room, write, own):
    """Let a device lose its connection, come back by itself, and send what it was given to send."""
    opened = device.openings

    def check_pause():
        assert device.chat.next_try_in_s <= BASES_S[min(device.openings - opened, 4)]

    device.line.cut_after(Way.DOWN, loss.after_bytes)
    await write(loss.coming)
    await device.lose()
    check_pause()
    for _ in range(loss.own):
        own.append(f"own {len(own)}")
        device.chat.outgoing.queue_outgoing_message(room, own[-1])
    await write(loss.meanwhile)
    if loss.is_in_vain:
        await until(lambda: device.openings > opened and device.chat.next_try_in_s > 0)
        check_pause()
    device.line.mend()
    await until(lambda: device.chat.connected, what="the client to come back")
    await until(lambda: len(device.chat.outgoing) == 0, what="its messages to be sent")


def test_clients_come_back_by_themselves_with_all_that_was_written_once_and_in_order(
    world, loop, network, correspondents
):
    """Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System"""
    writer, places = correspondents
    free = iter(places)

    async def play(journey):
        person, room = next(free)
        theirs: list[str] = []
        own: list[str] = []

        async def write(count):
            for _ in range(count):
                theirs.append(f"theirs {len(theirs)}")
                await writer.send(room, theirs[-1])

        async with contextlib.AsyncExitStack() as stack:
            devices = [
                await stack.enter_async_context(on_the_line(world, person, network))
                for _ in range(1 + max(loss.device for loss in journey))
            ]
            for loss in journey:
                await live_through(loss, devices[loss.device], room, write, own)
            count = len(theirs) + len(own)
            for device in devices:
                await device.until_given(count)

        stored = [(seq, content) for seq, _, content, _ in world.stored(room)]
        assert [seq for seq, _ in stored] == list(range(1, count + 1))
        assert [content for _, content in stored if content in theirs] == theirs
        assert [content for _, content in stored if content not in theirs] == own
        assert [device.given for device in devices] == [stored] * len(devices)

    play_at_once(loop, journeys, play)
