"""Feature: whatsapp-messaging-fix, Property 11: Message Retry System

A message that no road takes climbs again three times, after pauses that double within their bounds,
and has failed then; nobody tries it any more, until something answers again: then it goes by itself,
with all its tries ahead. A refusal ends it at once, on any road, and only its sender tries it again.
"""

import itertools

from hypothesis import given, settings, strategies as st

from clients.python.parley.errors import PermissionDenied
from clients.python.parley.pending import (
    BACKOFF_BASE_S,
    BACKOFF_LIMIT_S,
    RETRIES,
    Standing,
    calculate_backoff,
)
from clients.python.parley.traffic import ANSWER_WITHIN_S, RETURN_WITHIN_S
from clients.python.parley.vigil import LONGEST_PAUSE_S
from tests.properties.outbox_play import HTTP, QUEUE, ROADS, SOCKET, TICK_S, TRIP_S, Play

QUICK = ("down", "refusing", "broken")
SLOW = ("hung",)
CLIMB_S = 3 * (ANSWER_WITHIN_S + 1.0)
"""The longest that one climb lasts: three roads that hang."""
GIVES_UP_WITHIN_S = RETURN_WITHIN_S + (RETRIES + 1) * CLIMB_S + RETRIES * BACKOFF_LIMIT_S

OUTAGES = st.fixed_dictionaries(dict.fromkeys(ROADS, st.sampled_from((*QUICK, *SLOW))))
JITTER = st.floats(0.0, 0.99)


@settings(max_examples=100, deadline=None)
@given(outage=OUTAGES, jitter=JITTER)
def test_a_message_climbs_again_three_times_after_pauses_that_double(outage, jitter):
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
        within_s=LONGEST_PAUSE_S + 30.0 + CLIMB_S,
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
    assert isinstance(play.outcomes[client_id], PermissionDenied)
    assert len(play.tries_of(client_id)) == tries

    play.refuses, play.last = set(), dict.fromkeys(ROADS, "up")
    assert play.core.outbox.retry(client_id, play.now)
    assert play.run_until(lambda: play.all_sent, within_s=LONGEST_PAUSE_S * 2)
    assert {one for _, one in play.stored} == {client_id, *behind}


@given(tries=st.integers(1, 10_000), jitter=JITTER)
def test_a_pause_stays_within_its_bounds(tries, jitter):
    pause_s = calculate_backoff(tries, random=lambda: jitter)

    whole_s = min(BACKOFF_BASE_S * 2.0 ** min(tries - 1, 10), BACKOFF_LIMIT_S)
    assert whole_s / 2 <= pause_s <= whole_s
