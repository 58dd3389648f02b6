"""Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling

Whatever becomes of what a service stands on, every caller hears in time what became of it: a result,
or an error with a code, words for people, and when to come back; breakers spare what is away; both
doors say the same; and a client's messages are stored once, or marked failed with a code.
"""

import asyncio
import math

import django.db
import msgspec
import psycopg2
import pytest
import redis
from hypothesis import given, settings, strategies as st

from clients.python.parley.pending import Standing
from libs.common.database import REQUEST_DEADLINE_S, DatabaseThreads
from libs.common.errors import Internal, ParleyError
from tests.properties.breaker_machine import BreakerMachine
from tests.properties.doors import SAYS_WHEN, STATUSES, check_answer, through_both_doors
from tests.properties.moody_postgres import MOODS, SECRET, WELL, PlayedThreads
from tests.properties.outbox_play import ROADS, STATES, Play
from tests.properties.quick_time import LoopClock
from tests.properties.writer_play import WriterPlay

TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


# -- callers ----------------------------------------------------------------------------------

PIECES = st.lists(
    st.tuples(
        st.sampled_from(sorted(MOODS)), st.integers(0, 7), st.sampled_from([0.0, 0.3, 1.1, 2.6])
    ),
    min_size=1,
    max_size=6,
)
"""Moods one after the other: how many call as each begins, and how long it lasts."""


@settings(max_examples=100, deadline=None)
@given(pieces=PIECES, is_there=st.booleans())
def test_every_caller_of_the_database_hears_in_time_what_became_of_it(pieces, is_there):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    loop = PlayedThreads()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        threads = DatabaseThreads(2, waiting=4, clock=LoopClock(loop))

        async def ask() -> str:
            began_s = loop.time()
            try:
                return await threads.run(loop.ask, is_there=is_there)
            except Exception as error:  # noqa: BLE001 - whatever comes, a door says it
                return check_answer(error)
            finally:
                assert loop.time() - began_s <= REQUEST_DEADLINE_S + 1e-6

        async def play() -> list[str]:
            asking = []
            for mood, callers, lasts_s in pieces:
                loop.mood = MOODS[mood]
                asking += [loop.create_task(ask()) for _ in range(callers)]
                await asyncio.sleep(lasts_s)
            heard = await asyncio.gather(*asking)
            loop.mood = WELL
            await asyncio.sleep(1e4)  # until those threads are free, too
            assert await ask() == ("rows" if is_there else "not_found")
            return heard

        heard = set(runner.run(play()))

    assert heard <= {"rows", "not_found", "unavailable", "timeout", "internal"}
    assert "internal" not in heard or "violated" in {mood for mood, *_ in pieces}


@settings(max_examples=200, deadline=None)
@given(pieces=PIECES)
def test_every_sender_hears_in_time_what_became_of_a_message_and_each_is_stored_once(pieces):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    with WriterPlay() as play:
        # Well at first, so that there is a connection to be lost.
        said = play.run([("well", 1, 0.1), *pieces])

    for first, last in (one.heard for one in said):
        assert first in {"stored", "unavailable", "timeout", "bad_frame"}
        assert last == "stored"
    assert sum(map(len, play.server.rooms.values())) == len(said)
    assert play.server.stored == {one.draft.client_id for one in said}


# -- doors ------------------------------------------------------------------------------------


def kinds_of(kind: type[ParleyError]) -> list[type[ParleyError]]:
    """Return all classes of errors below one."""
    return [each for child in kind.__subclasses__() for each in (child, *kinds_of(child))]


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(kinds_of(ParleyError)),
    message=st.sampled_from([None, "Nothing of it was done."]),
    fields=st.dictionaries(st.sampled_from(["seq", "room"]), st.just(["It is missing."])),
    retry_after_s=st.none() | st.floats(0.001, 100.0),
)
def test_an_error_says_the_same_through_both_doors(kind, message, fields, retry_after_s):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    error = kind(message, fields=fields, retry_after_s=retry_after_s)

    frame, response = through_both_doors(error)
    problem = msgspec.json.decode(response.content)

    assert frame["code"] == problem["code"] == kind.code
    assert response.status_code == STATUSES[kind.code]
    if kind is not Internal:  # over HTTP that one is always told in the same words
        assert frame["message"] == problem["detail"] == (message or kind.default_message)
        assert frame.get("fields", {}) == problem.get("errors", {}) == fields
        assert frame.get("retry_after") == retry_after_s
    if kind.code in SAYS_WHEN:
        waits_s = 1.0 if retry_after_s is None else retry_after_s
        assert problem["retry_after"] == pytest.approx(waits_s, abs=0.001)
        assert int(response["Retry-After"]) == math.ceil(waits_s)


BUGS = (
    *(ValueError, KeyError, ZeroDivisionError, RecursionError, AssertionError, OSError),
    *(TimeoutError, psycopg2.OperationalError, django.db.IntegrityError, redis.ConnectionError),
)


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(BUGS), text=st.sampled_from([SECRET]) | st.text(min_size=12))
def test_what_nobody_expected_is_internal_with_an_id_and_without_its_text(kind, text):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    ids = set()
    for _ in range(2):
        frame, response = through_both_doors(kind(text))
        problem = msgspec.json.decode(response.content)
        ids.add(problem.pop("error_id"))

        assert (frame["code"], problem["code"], response.status_code) == (
            *("internal", "internal"),
            STATUSES["internal"],
        )
        for told_of_it in (frame["message"], *map(str, problem.values())):
            assert text not in told_of_it
            assert kind.__name__ not in told_of_it
    assert len(ids) == 2


# -- clients ----------------------------------------------------------------------------------

ROAD_PIECES = st.lists(st.tuples(st.floats(0.2, 15.0), st.sampled_from(STATES)), max_size=5)
PLANS = st.fixed_dictionaries(dict.fromkeys(ROADS, ROAD_PIECES))
FOR_GOOD = st.fixed_dictionaries(
    dict.fromkeys(ROADS, st.sampled_from([each for each in STATES if each != "limiting"]))
)
WRITING = st.lists(
    st.tuples(st.floats(0.0, 6.0), st.sampled_from(["r", "s"]), st.booleans()),
    min_size=1,
    max_size=5,
)
"""After which pause somebody writes, in which room, and whether the server refuses it for good."""
ENDS_WITHIN_S = 200.0
"""All climbs of a message over three roads that hang, and the pauses between them."""


@settings(max_examples=150, deadline=None)
@given(plan=PLANS, last=FOR_GOOD, writing=WRITING, jitter=st.floats(0.0, 0.99))
def test_each_message_of_a_client_ends_stored_once_or_kept_or_failed_with_a_code(
    plan, last, writing, jitter
):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    play = Play(plan, draw=lambda: jitter, last=last)
    for number, (pause_s, room, is_refused) in enumerate(writing):
        play.run(pause_s)
        if is_refused:
            play.refuses.add(f"c{number}")
        play.add(room, client_id=f"c{number}")

    play.run(max(sum(lasts_s for lasts_s, _ in pieces) for pieces in plan.values()))
    ids = [one.client_id for one in play.added]
    assert play.run_until(
        lambda: all(play.standing(one) is not Standing.PENDING for one in ids),
        within_s=ENDS_WITHIN_S * len(ids),
    )

    stored = [client_id for _, client_id in play.stored]
    kept = {one.client_id for one in play.kept}
    assert len(set(stored)) == len(stored)
    assert set(stored).isdisjoint(play.refuses)
    for client_id in ids:
        if play.standing(client_id) is Standing.FAILED:
            error = play.told[client_id][-1].error
            assert error is not None
            assert error.code in STATUSES
        else:
            assert client_id in stored or client_id in kept
