"""Feature: whatsapp-messaging-fix, Property 11: Message Retry System

A message that no road takes climbs again three times, after pauses that double within their bounds,
and has failed then; nobody tries it any more, until something answers again: then it goes by itself,
with all its tries ahead. A refusal ends it at once, on any road, and only its sender tries it again.
"""

import asyncio
import itertools
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.errors import PermissionDenied
from clients.python.parley.frames import Failed
from clients.python.parley.pending import (
    BACKOFF_BASE_S,
    BACKOFF_LIMIT_S,
    RETRIES,
    Draft,
    Standing,
    calculate_backoff,
    new_client_id,
)
from clients.python.parley.traffic import ANSWER_WITHIN_S, RETURN_WITHIN_S
from clients.python.parley.vigil import LONGEST_PAUSE_S
from services.queue.models import MAX_RETRIES
from tests.integration.chat.world import WITHIN_S
from tests.properties.at_once import EXAMPLES, play_at_once, until, until_queue_knows
from tests.properties.many import many_people, many_rooms
from tests.properties.on_the_line import on_the_line
from tests.properties.outbox_play import (
    HTTP,
    QUEUE,
    REFUSALS,
    ROADS,
    SOCKET,
    TICK_S,
    TRIP_S,
    Play,
)

QUICK = ("down", "refusing", "broken")
SLOW = ("hung",)
CLIMB_S = 3 * (ANSWER_WITHIN_S + 1.0)
"""The longest that one climb lasts: three roads that hang."""
GIVES_UP_WITHIN_S = RETURN_WITHIN_S + (RETRIES + 1) * CLIMB_S + RETRIES * BACKOFF_LIMIT_S
GOES_WITHIN_S = LONGEST_PAUSE_S + 30.0 + CLIMB_S

OUTAGES = st.fixed_dictionaries(dict.fromkeys(ROADS, st.sampled_from((*QUICK, *SLOW))))
JITTER = st.floats(0.0, 0.99)


@settings(max_examples=100, deadline=None)
@given(outage=OUTAGES, jitter=JITTER)
def test_a_message_climbs_again_three_times_after_pauses_that_double(outage, jitter):
    """Feature: whatsapp-messaging-fix, Property 11: Message Retry System"""
    play = Play({}, draw=lambda: jitter, last=outage)
    play.run(2.0)
    client_id = play.add("r")

    assert play.run_until(
        lambda: play.standing(client_id) is Standing.FAILED, within_s=GIVES_UP_WITHIN_S
    )
    tries = play.tries_of(client_id)
    play.run(150.0)

    roads = [road for _, road in tries]
    climb = [SOCKET] if outage[SOCKET] != "down" else []
    assert roads == [*climb, HTTP, QUEUE] * (RETRIES + 1)
    # From the end of a try with the queue service to the first of the next climb.
    lasts_s = ANSWER_WITHIN_S if outage[QUEUE] == "hung" else TRIP_S
    for number, (before, after) in enumerate(itertools.pairwise(tries), start=1):
        climbs = number // len([*climb, HTTP, QUEUE])
        if before[1] == QUEUE:
            pause_s = after[0] - before[0] - lasts_s
            whole_s = min(BACKOFF_BASE_S * 2 ** (climbs - 1), BACKOFF_LIMIT_S)
            assert whole_s * 0.5 - 2 * TICK_S <= pause_s <= whole_s + 2 * TICK_S
    assert play.tries_of(client_id) == tries
    assert play.standing(client_id) is Standing.FAILED
    looks = itertools.pairwise(play.looks)
    assert all(later - earlier >= 3.0 for earlier, later in looks)
    assert len(play.looks) <= 8 + 150.0 / LONGEST_PAUSE_S


@settings(max_examples=100, deadline=None)
@given(
    outage=OUTAGES,
    after=st.sampled_from([{}, {SOCKET: "down"}, {SOCKET: "down", HTTP: "down"}]),
    lasts_s=st.floats(0.0, 100.0),
    rooms=st.lists(st.sampled_from(["r", "s"]), min_size=1, max_size=3),
)
def test_what_failed_goes_again_by_itself_when_something_answers(outage, after, lasts_s, rooms):
    """Feature: whatsapp-messaging-fix, Property 11: Message Retry System"""
    play = Play({road: [(1e6, state)] for road, state in outage.items()}, last=after)
    play.run(2.0)
    ids = [play.add(room) for room in rooms]
    failed = play.run_until(
        lambda: all(play.standing(one) is Standing.FAILED for one in ids),
        within_s=GIVES_UP_WITHIN_S * len(rooms),
    )
    play.run(lasts_s)
    tried = len(play.tries)
    play.plan = {}

    settled = (Standing.SENT, Standing.QUEUED)
    gone = play.run_until(
        lambda: all(play.standing(one) in settled for one in ids),
        within_s=GOES_WITHIN_S,
    )

    assert failed
    assert gone, play.told
    assert len(play.tries) > tried
    for room in set(rooms):
        mine = [one.client_id for one in play.added if one.room == room]
        kept = [client_id for where, client_id in play.stored if where == room]
        kept += [one.client_id for one in play.kept if one.room == room]
        assert list(dict.fromkeys(kept)) == mine


@settings(max_examples=100, deadline=None)
@given(
    outage=st.fixed_dictionaries(dict.fromkeys(ROADS, st.sampled_from(QUICK))),
    road=st.sampled_from(ROADS),
    others=st.integers(0, 3),
)
def test_a_refusal_ends_a_message_on_any_road_and_a_retry_by_hand_begins_anew(outage, road, others):
    """Feature: whatsapp-messaging-fix, Property 11: Message Retry System"""
    play = Play({}, last=outage | {road: "up"} | ({SOCKET: "up"} if road == SOCKET else {}))
    play.run(2.0)
    play.refuses = {"refused by hand"}
    client_id = play.add("r", client_id="refused by hand")
    behind = [play.add("r") for _ in range(others)]
    ended = play.run_until(
        lambda: play.standing(client_id) is Standing.FAILED, within_s=RETURN_WITHIN_S + 5.0
    )
    tries = len(play.tries_of(client_id))
    play.run(120.0)

    assert ended
    assert isinstance(play.outcomes[client_id], REFUSALS[road])
    assert len(play.tries_of(client_id)) == tries

    play.refuses, play.last = set(), dict.fromkeys(ROADS, "up")
    assert play.core.outbox.retry(client_id, play.now)
    assert play.run_until(lambda: play.all_sent, within_s=LONGEST_PAUSE_S * 2)
    assert {one for _, one in play.stored} == {client_id, *behind}


@given(tries=st.integers(1, 10_000), jitter=JITTER)
def test_a_pause_stays_within_its_bounds(tries, jitter):
    """Feature: whatsapp-messaging-fix, Property 11: Message Retry System"""
    pause_s = calculate_backoff(tries, random=lambda: jitter)

    whole_s = min(BACKOFF_BASE_S * 2.0 ** min(tries - 1, 10), BACKOFF_LIMIT_S)
    assert whole_s / 2 <= pause_s <= whole_s


# -- the real suite ---------------------------------------------------------------------------

LOOK_S = 0.4
BLOCKED = st.sampled_from(("down", "refusing", "lossy"))


class Outage(NamedTuple):
    """No road takes what somebody writes, until something answers again."""

    http: str
    queue: str
    messages: int
    back: tuple[str, ...]
    jitter: float


class Refusal(NamedTuple):
    """A message is refused on a road: by chat, or by the queue, which has another of that name."""

    road: str
    content: str


outages = st.builds(
    Outage,
    BLOCKED,
    BLOCKED,
    st.integers(1, 3),
    st.sampled_from(((SOCKET, HTTP, QUEUE), (HTTP,), (QUEUE,))),
    st.floats(0.0, 0.3),
)
refusals = st.builds(Refusal, st.sampled_from(ROADS), st.text("abc", min_size=1, max_size=9))
examples = st.integers(0, 2).flatmap(lambda number: outages if number else refusals)
"""Two outages for each refusal: they end in more ways."""


@pytest.fixture(scope="module")
def settled(world, loop):
    """People in rooms of their own, and people who were removed from theirs; only chat knows it."""
    friend, *people = many_people(world, 1 + 2 * EXAMPLES)
    rooms = many_rooms(world, [[friend, person] for person in people], told=True)
    places = list(zip(people, rooms, strict=True))
    loop.run(until_queue_knows(world, rooms, members=2 * len(rooms)))
    ids = [person.id for person in people[EXAMPLES:]]
    world.rows("delete from member where user_id = any(%s::uuid[])", ids)
    return places[:EXAMPLES], places[EXAMPLES:]


async def contents_of(world, room, count):
    """Return what is stored in a room, once it is so much."""
    await until(lambda: len(world.stored(room)) >= count, what=f"{count} stored", look_s=LOOK_S)
    return [content for _, _, content, _ in world.stored(room)]


def standings(device):
    return {one.standing for one in device.chat.outgoing}


async def write_during(outage, device, room):
    """Write while nothing takes it, until it has failed; then let something answer again."""
    outgoing = device.chat.outgoing
    device.roads.block({HTTP: outage.http, QUEUE: outage.queue})
    await device.lose()
    written = [str(number) for number in range(outage.messages)]
    ids = [outgoing.queue_outgoing_message(room, content).client_id for content in written]
    await until(
        lambda: standings(device) == {Standing.FAILED},
        what="all to have failed",
        within_s=GIVES_UP_WITHIN_S,
    )
    assert all(one.goes_again for one in outgoing)
    assert device.roads.tries_of(ids[0]) == [HTTP, QUEUE] * (RETRIES + 1)
    assert all(device.roads.tries_of(one) == [] for one in ids[1:])

    device.roads.block({road: "up" for road in outage.back if road != SOCKET})
    if SOCKET in outage.back:
        device.line.mend()
    end = {Standing.QUEUED} if outage.back == (QUEUE,) else set()
    await until(
        lambda: standings(device) == end, what="all to go by themselves", within_s=GOES_WITHIN_S
    )
    return written


async def meet(refusal, device, room):
    """Write what is refused; return why it was given up."""
    client_id = new_client_id()
    if refusal.road == QUEUE:
        await be_given_up(Draft(room=room, content="another", client_id=client_id), device)
    device.roads.block({road: "down" for road in (HTTP, QUEUE) if road != refusal.road})
    if refusal.road != SOCKET:
        await device.lose()
    device.chat.outgoing.queue_outgoing_message(room, refusal.content, client_id=client_id)
    await until(
        lambda: standings(device) == {Standing.FAILED},
        what="the refusal",
        within_s=GIVES_UP_WITHIN_S,
    )
    (failed,) = device.chat.outgoing
    assert not failed.goes_again
    return failed.error.code


async def be_given_up(draft, device):
    """Leave a message to the queue, and wait until chat has refused it as often as it is tried."""
    frames = device.chat.frames()
    await device.chat.api.queue_outgoing(draft)
    async with asyncio.timeout(WITHIN_S):
        failed = await anext(frame async for frame in frames if isinstance(frame, Failed))
    assert (failed.client_id, failed.code) == (draft.client_id, PermissionDenied.code)


async def come_back(world, device, person, room):
    """Become a member again, and have chat take the message, tried anew by hand."""
    world.rows(
        "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
        " values (%s, %s, 'member', 0, 0, 0)",
        *(room, person.id),
    )
    device.roads.block({HTTP: "up", QUEUE: "down"})
    device.line.mend()
    (failed,) = device.chat.outgoing
    device.chat.outgoing.retry(failed.client_id)
    await until(
        lambda: len(device.chat.outgoing) == 0, what="the retry", within_s=GIVES_UP_WITHIN_S
    )


def test_what_no_road_takes_goes_by_itself_afterwards_and_a_refusal_stays_until_somebody_acts(
    world, loop, network, settled
):
    """Feature: whatsapp-messaging-fix, Property 11: Message Retry System"""
    members, removed = map(iter, settled)
    given_up = []

    async def play_outage(outage):
        person, room = next(members)
        async with on_the_line(world, person, network, draw=lambda: outage.jitter) as device:
            written = await write_during(outage, device, room)
            assert await contents_of(world, room, outage.messages) == written

    async def play_refusal(refusal):
        person, room = next(removed)
        async with on_the_line(world, person, network) as device:
            assert await meet(refusal, device, room) == REFUSALS[refusal.road].code
            assert world.stored(room) == []
            if refusal.road == QUEUE:
                given_up.append(room)
            await come_back(world, device, person, room)
        assert await contents_of(world, room, 1) == [refusal.content]

    async def play(example):
        await (play_outage if isinstance(example, Outage) else play_refusal)(example)

    play_at_once(loop, examples, play)

    retries = world.rows_of(
        "queue",
        "select queue_type, ending, retry_count from queued_message"
        " where room_id = any(%s::uuid[]) and queue_type <> 'incoming'",
        given_up,
    )
    assert retries == [("retry", "failed", MAX_RETRIES)] * len(given_up)
