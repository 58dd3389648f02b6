"""When a session is offered what waits for its person: by a clock of the test, on real tables."""

import uuid

import pytest

from libs.common.events import (
    MissedRange,
    ProcessBeat,
    ProcessEnded,
    SessionNews,
    SessionsChanged,
    SessionsListed,
)
from services.queue.actions import offers
from services.queue.actions.sessions import forget_silent_processes
from services.queue.store import CHAT_SESSIONS

ANN, BOB = sorted(str(uuid.uuid4()) for _ in range(2))
TICK_S = 0.25


async def times_of_offers(house, session, *, seconds):
    """Return when a session is offered something in the time to come, in seconds from now."""
    times_s = []
    for tick in range(round(seconds / TICK_S)):
        if (await house.offered()).get(session):
            times_s.append(tick * TICK_S)
        await house.after(TICK_S)
    return times_s


async def test_a_session_that_opens_is_offered_what_waits(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 2, 5)

    session = await house.session(BOB)

    assert await house.offered() == {session: [MissedRange(room, 2, 5)]}
    assert house.opened == 1


async def test_where_nothing_waits_a_session_is_told_so_once(house):
    session = await house.session(BOB)

    assert await house.offered() == {session: []}
    await house.after(60)
    assert await house.offered() == {}


async def test_who_never_acknowledges_is_offered_it_three_times_again_and_then_left_alone(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    session = await house.session(BOB)

    assert await times_of_offers(house, session, seconds=60) == [0, 2, 6, 14]
    assert house.rows("select retry_count, max_retries from queued_message") == [(3, 3)]


async def test_the_next_session_is_offered_it_anew(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    first = await house.session(BOB)
    await times_of_offers(house, first, seconds=60)

    second = await house.session(BOB)

    assert await times_of_offers(house, second, seconds=60) == [0, 2, 6, 14]


async def test_whoever_begins_to_acknowledge_is_given_time(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 100)
    session = await house.session(BOB)
    await house.offered()
    for seq in range(10, 60, 10):
        await house.after(1.5)
        await house.lagging(room, BOB, seq, 100)
        assert await house.offered() == {}

    assert await times_of_offers(house, session, seconds=60) == [2, 6, 14]


async def test_whoever_has_acknowledged_everything_is_offered_nothing_more(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    session = await house.session(BOB)
    await house.offered()
    await house.caught_up(room, BOB, 5)

    assert await times_of_offers(house, session, seconds=60) == []


async def test_an_open_session_that_falls_behind_is_offered_it_a_little_later(house):
    room = await house.room(ANN, BOB)
    session = await house.session(BOB)
    await house.offered()
    await house.lagging(room, BOB, 0, 5)

    assert await times_of_offers(house, session, seconds=60) == [2, 6, 14]


@pytest.mark.parametrize(
    "end",
    [
        SessionsListed(process="chat/1", n=1_000_000, sessions=[]),
        ProcessEnded(process="chat/1"),
    ],
)
async def test_a_session_that_is_gone_is_offered_nothing(house, end):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.session(BOB)
    await house.hear(CHAT_SESSIONS, end)

    assert await house.offered() == {}


async def test_a_session_that_closed_is_offered_nothing(house):
    session = await house.session(BOB)
    await house.session(BOB, "closed", session=session)

    assert await house.offered() == {}


async def test_a_list_knows_sessions_of_which_nothing_was_heard(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    lost, known = str(uuid.uuid4()), await house.session(BOB)
    await house.offered()
    sessions = [SessionNews(each, BOB, "chat", "active", 50) for each in (lost, known)]
    await house.hear(CHAT_SESSIONS, SessionsListed(process="chat/1", n=50, sessions=sessions))

    assert list(await house.offered()) == [lost]


async def test_what_opened_behind_a_list_outlives_it(house):
    session = str(uuid.uuid4())
    news = SessionNews(session, BOB, "chat", "opened", 51)
    await house.hear(CHAT_SESSIONS, SessionsChanged(process="chat/1", news=[news]))
    await house.hear(CHAT_SESSIONS, SessionsListed(process="chat/1", n=50, sessions=[]))

    assert list(await house.offered()) == [session]


async def test_badges_and_polls_are_offered_nothing(house):
    news = [
        SessionNews(str(uuid.uuid4()), BOB, kind, "opened", 1) for kind in ("notifications", "poll")
    ]
    await house.hear(CHAT_SESSIONS, SessionsChanged(process="chat/1", news=news))

    assert await house.offered() == {}
    assert house.opened == 0


async def test_a_process_that_is_silent_for_long_loses_its_sessions(house):
    await house.session(ANN)
    news = SessionNews(str(uuid.uuid4()), BOB, "chat", "opened", 1)
    await house.hear(CHAT_SESSIONS, SessionsChanged(process="chat/2", news=[news]))
    await house.after(120)
    await house.hear(CHAT_SESSIONS, ProcessBeat(process="chat/2"))
    await house.after(120)

    await house.do(forget_silent_processes)

    assert house.rows("select user_id::text from chat_session") == [(BOB,)]
    assert house.rows("select name from chat_process") == [("chat/2",)]


async def test_offers_that_could_not_be_published_are_made_again(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    session = await house.session(BOB)
    taken = await house.do(offers.process_queue)
    await house.do(offers.put_back, taken)

    assert await times_of_offers(house, session, seconds=60) == [0, 2, 6, 14]


async def test_of_many_rooms_the_longest_waiting_come_first_and_the_rest_later(house, monkeypatch):
    monkeypatch.setattr(offers, "RANGES", 2)
    rooms = [await house.room(ANN, BOB) for _ in range(3)]
    for room in rooms:
        await house.lagging(room, BOB, 0, 5)
        await house.after(1)
    session = await house.session(BOB)

    (first,) = (await house.offered()).values()
    for room in rooms[:2]:
        await house.caught_up(room, BOB, 5)
    await house.after(2)

    assert [each.room for each in first] == rooms[:2]
    assert await house.offered() == {session: [MissedRange(rooms[2], 0, 5)]}
