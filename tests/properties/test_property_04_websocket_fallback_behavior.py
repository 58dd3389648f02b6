"""Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior

Whatever becomes of the three roads and when: a message that does not get through over the WebSocket
is tried over HTTP, then left to the queue; the messages of a room go in the order in which they were
added, unless chat does not take one while later ones are already behind it on the WebSocket; chat
stores each of them once; and all of them are stored once something answers again, without anybody
raising a hand.
"""

import asyncio
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings, strategies as st

from clients.python.parley.pending import Standing, new_client_id
from tests.faults.rig.proxy import Way
from tests.properties.at_once import EXAMPLES, play_at_once, until, until_queue_knows
from tests.properties.many import many_people, many_rooms
from tests.properties.on_the_line import on_the_line
from tests.properties.outbox_play import HTTP, QUEUE, ROADS, SOCKET, STATES, Play

DOWN = ("down", "refusing", "broken", "lossy", "hung")
LATEST_S = 200.0
"""The slow looks, a request that hangs, and the climb after it."""

PIECES = st.lists(st.tuples(st.floats(0.2, 15.0), st.sampled_from(STATES)), max_size=5)
PLANS = st.fixed_dictionaries(dict.fromkeys(ROADS, PIECES))
WRITING = st.lists(
    st.tuples(st.floats(0.0, 6.0), st.sampled_from(["r", "s"])), min_size=1, max_size=8
)
RETURNS = st.sampled_from([{}, {SOCKET: "down"}, {SOCKET: "down", QUEUE: "down"}, {QUEUE: "down"}])
"""What stays away for good. HTTP does not: by it one learns that chat is well again."""


FLYING_WHEN_THE_FIRST_FAILS = {
    SOCKET: [(5.0, "refusing"), (4.0, "lossy")],
    HTTP: [(13.0, "down")],
    QUEUE: [(13.0, "down")],
}


@settings(max_examples=150, deadline=None)
@given(plan=PLANS, writing=WRITING, last=RETURNS, jitter=st.floats(0.0, 0.99))
@example(plan=FLYING_WHEN_THE_FIRST_FAILS, writing=[(2.0, "r"), (6.0, "r")], last={}, jitter=0.0)
def test_whatever_the_roads_do_everything_is_stored_once_and_in_order(plan, writing, last, jitter):
    """Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior"""
    play = Play(plan, draw=lambda: jitter, last=last)
    for pause_s, room in writing:
        play.run(pause_s)
        play.add(room)

    play.run(max(sum(lasts_s for lasts_s, _ in pieces) for pieces in plan.values()))
    assert play.run_until(lambda: play.all_sent, within_s=LATEST_S), play.told

    added = [(one.room, one.client_id) for one in play.added]
    assert sorted(play.stored) == sorted(added)
    assert play.swapped <= play.overtaken
    assert len(play.core.outbox) == 0


@settings(max_examples=100, deadline=None)
@given(
    socket=st.sampled_from(DOWN),
    http=st.sampled_from((*DOWN, "up")),
    queue=st.booleans(),
    jitter=st.floats(0.0, 0.99),
)
def test_what_fails_over_the_websocket_is_tried_over_http_and_then_left_to_the_queue(
    socket, http, queue, jitter
):
    """Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior"""
    last = {SOCKET: socket, HTTP: http, QUEUE: "up" if queue else "down"}
    play = Play({SOCKET: [(3.02, "up")]}, draw=lambda: jitter, last=last)
    play.run(3.0)
    client_id = play.add("r")  # and then, before it arrives

    play.run_until(lambda: len(play.tries_of(client_id)) >= 3, within_s=30)

    roads = [road for _, road in play.tries_of(client_id)]
    climbed = [SOCKET, HTTP] if http == "up" else [SOCKET, HTTP, QUEUE]
    assert roads[: len(climbed)] == climbed
    play.run(1.0)
    if http == "up":
        assert play.standing(client_id) is Standing.SENT
    elif queue:
        assert play.told[client_id][1].standing is Standing.QUEUED


@settings(max_examples=100, deadline=None)
@given(
    outage=st.sampled_from(DOWN),
    lasts_s=st.floats(5.0, 100.0),
    count=st.integers(1, 6),
    socket=st.booleans(),
)
def test_what_the_queue_took_is_seen_as_queued_until_chat_has_stored_it(
    outage, lasts_s, count, socket
):
    """Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior"""
    chat = [(2.0, "up"), (lasts_s + 12 * count, outage)]
    play = Play({SOCKET: chat, HTTP: chat}, last={} if socket else {SOCKET: "down"})
    play.run(2.1)
    ids = [play.add("r") for _ in range(count)]

    queued = play.run_until(
        lambda: all(play.standing(one) is not Standing.PENDING for one in ids),
        within_s=12 * count + 25,
    )
    during = {play.standing(one) for one in ids}
    assert play.run_until(lambda: play.all_sent, within_s=lasts_s + LATEST_S)

    assert queued
    assert during <= {Standing.QUEUED, Standing.SENT}
    assert [client_id for _, client_id in play.stored] == ids
    assert all(Standing.FAILED not in [one.standing for one in play.told[each]] for each in ids)


# -- the real suite ---------------------------------------------------------------------------

CUT, CUT_UP, CUT_DOWN, HANG = "cut", "cut on the way up", "cut on the way down", "hang"
A_FEW_FRAMES = 900
"""Bytes of some messages on their way, or of their acknowledgements on the way back."""


class Break(NamedTuple):
    """How a WebSocket fails, after how many bytes, and how many are written before, then, after."""

    manner: str
    after_bytes: int
    before: int
    at_once: int
    later: int
    is_mended: bool


breaks = st.builds(
    Break,
    st.sampled_from((CUT, CUT_UP, CUT_DOWN, CUT_UP, CUT_DOWN, HANG)),
    st.integers(0, A_FEW_FRAMES),
    st.integers(0, 2),
    st.integers(1, 4),
    st.integers(0, 2),
    st.booleans(),
)


def break_line(line, how):
    match how.manner:
        case "cut":
            line.cut()
        case "hang":
            line.hang()
        case "cut on the way up":
            line.cut_after(Way.UP, how.after_bytes)
        case "cut on the way down":
            line.cut_after(Way.DOWN, how.after_bytes)


async def send_over_a_broken_line(device, room, how):
    """Send, before the line breaks and after; return the client_ids, in order."""
    ids = [new_client_id() for _ in range(how.before + how.at_once + how.later)]

    def send(client_id):
        return asyncio.create_task(device.chat.send(room, client_id, client_id=client_id))

    await asyncio.gather(*(send(one) for one in ids[: how.before]))
    break_line(device.line, how)
    sending = [send(one) for one in ids[how.before : how.before + how.at_once]]
    if how.manner != HANG:
        both = (lambda: not device.chat.connected, lambda: all(one.done() for one in sending))
        await until(lambda: any(holds() for holds in both), what="the line to break")
        await device.lose()
        if how.is_mended:
            device.line.mend()
    sending += [send(one) for one in ids[how.before + how.at_once :]]
    sent = await asyncio.gather(*sending)
    assert [one.seq for one in sent] == list(range(how.before + 1, len(ids) + 1))
    return ids


@pytest.fixture(scope="module")
def writers(world, loop):
    """People who are alone in a room, and their rooms; the queue knows of them, too."""
    people = many_people(world, EXAMPLES)
    rooms = many_rooms(world, [[one] for one in people], told=True)
    loop.run(until_queue_knows(world, rooms, members=len(rooms)))
    return list(zip(people, rooms, strict=True))


def test_what_a_broken_websocket_does_not_take_goes_over_http_and_is_stored_once(
    world, loop, network, writers
):
    """Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior"""
    free = iter(writers)

    async def play(how):
        person, room = next(free)
        async with on_the_line(world, person, network) as device:
            ids = await send_over_a_broken_line(device, room, how)
            device.line.mend()  # and whatever was on its way arrives as well

        assert [content for _, _, content, _ in world.stored(room)] == ids
        if not how.is_mended:
            posted = {client_id for _, client_id in device.roads.tries}
            later = set(ids[how.before + how.at_once :])
            assert later <= posted
            assert set(ids) <= posted | device.acked

    play_at_once(loop, breaks, play)
