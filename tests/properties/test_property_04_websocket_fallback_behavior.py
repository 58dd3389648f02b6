"""Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior

Whatever becomes of the three roads and when: a message that does not get through over the WebSocket
is tried over HTTP, then left to the queue; the messages of a room go in the order in which they were
added; chat stores each of them once; and all of them are stored once something answers again,
without anybody raising a hand.
"""

from hypothesis import given, settings, strategies as st

from clients.python.parley.pending import Standing
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


@settings(max_examples=150, deadline=None)
@given(plan=PLANS, writing=WRITING, last=RETURNS, jitter=st.floats(0.0, 0.99))
def test_whatever_the_roads_do_everything_is_stored_once_and_in_order(plan, writing, last, jitter):
    play = Play(plan, draw=lambda: jitter, last=last)
    for pause_s, room in writing:
        play.run(pause_s)
        play.add(room)

    play.run(max(sum(lasts_s for lasts_s, _ in pieces) for pieces in plan.values()))
    assert play.run_until(lambda: play.all_sent, within_s=LATEST_S), play.told

    added = [(one.room, one.client_id) for one in play.added]
    assert sorted(play.stored) == sorted(added)
    for room in ("r", "s"):
        order = [one for one in play.stored if one[0] == room]
        assert play.overtaken or order == [one for one in added if one[0] == room]
    assert len(play.core.outbox) == 0


@settings(max_examples=100, deadline=None)
@given(socket=st.sampled_from(DOWN), http=st.sampled_from((*DOWN, "up")), queue=st.booleans())
def test_what_fails_over_the_websocket_is_tried_over_http_and_then_left_to_the_queue(
    socket, http, queue
):
    last = {SOCKET: socket, HTTP: http, QUEUE: "up" if queue else "down"}
    play = Play({SOCKET: [(3.02, "up")]}, last=last)
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
