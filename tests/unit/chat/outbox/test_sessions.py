"""What a process announces of its sessions: changes, beats, lists and questions, in which order."""

import pytest

from libs.common.errors import Unavailable
from libs.common.events import (
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    SessionsChanged,
    SessionsListed,
)
from services.chat.domain.departing import EXPECTED_BACK_S
from services.chat.outbox.sessions import (
    BEAT_EVERY_S,
    FAILED,
    LATE_AFTER_S,
    LIST_EVERY_S,
    LISTED,
    NEWS_PER_EVENT,
    PEOPLE_PER_EVENT,
    TOLD,
)
from tests.unit.chat.outbox.announcer_house import House


@pytest.fixture
async def house():
    house = House()
    await house.tell()
    return house


def steps(event):
    return [(each.session, each.step) for each in event.news]


async def test_a_process_begins_with_a_list():
    (event,) = await House().tell()

    assert isinstance(event, SessionsListed)
    assert event.sessions == []


async def test_changes_are_told_together_and_numbered_in_their_order(house):
    session = house.open("one")
    session.is_away = True
    house.announcer.changed(session)
    house.open("two")
    house.close("one")

    (event,) = await house.tell()

    assert isinstance(event, SessionsChanged)
    assert steps(event) == [
        ("one", "opened"),
        ("one", "away"),
        ("two", "opened"),
        ("one", "closed"),
    ]
    numbers = [each.n for each in event.news]
    assert numbers == sorted(set(numbers))


async def test_who_has_no_news_beats(house):
    house.clock.advance(BEAT_EVERY_S)

    (event,) = await house.tell()

    assert event == ProcessBeat(process="host/1")


async def test_what_could_not_be_told_comes_as_a_list(house):
    house.open("one")
    house.streams.down = True
    with pytest.raises(Unavailable):
        await house.tell()
    house.open("two")
    house.streams.down = False

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)
    assert [each.session for each in event.sessions] == ["one", "two"]
    assert {each.n for each in event.sessions} == {event.n}


async def test_an_open_breaker_is_spared_and_a_list_follows(house):
    house.open("one")
    house.streams.breaker.retry_after_s = 0.5
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.breaker.retry_after_s = 0.0

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)


@pytest.mark.parametrize("after_s", [LATE_AFTER_S, LIST_EVERY_S])
async def test_a_list_comes_now_and_then_and_after_a_silence(house, after_s):
    house.clock.advance(after_s)

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)


async def test_a_new_epoch_gets_a_list(house):
    house.open("one")
    house.announcer.on_epoch()

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)
    assert [each.session for each in event.sessions] == ["one"]


async def test_a_process_that_stops_tells_no_end_of_its_sessions_but_its_own(house):
    house.open("one")
    await house.tell()
    house.announcer.begin_to_stop()
    house.close("one")

    before = await house.tell()
    await house.announcer.end()
    after = await house.tell()

    assert before == [ProcessBeat(process="host/1")]
    assert after == [ProcessEnded(process="host/1")]


async def test_who_is_expected_back_counts_as_here_for_a_while(house):
    session = house.open("one")
    session.is_away = session.is_expected_back = True
    await house.tell()
    house.close("one")
    house.announcer.on_epoch()
    (listed,) = await house.tell()
    house.clock.advance(EXPECTED_BACK_S - 0.1)
    (early,) = await house.tell()
    house.clock.advance(0.1)
    (late,) = await house.tell()

    assert [(each.session, each.step) for each in listed.sessions] == [("one", "away")]
    assert early == ProcessBeat(process="host/1")
    assert steps(late) == [("one", "closed")]


async def test_whose_time_is_over_is_not_on_a_list_any_more(house):
    house.open("one").is_expected_back = True
    house.close("one")
    house.clock.advance(EXPECTED_BACK_S)
    house.announcer.on_epoch()

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)
    assert event.sessions == []


async def test_questions_follow_the_news_each_person_once(house):
    house.open("one")
    house.announcer.ask(["ann", "bob"])
    house.announcer.ask(["bob"])

    changed, asked = await house.tell()

    assert isinstance(changed, SessionsChanged)
    assert asked == PresenceRequested(users=["ann", "bob"])


def count(metric):
    return metric._value.get()


async def test_coming_back_is_another_step_than_opening(house):
    session = house.open("one")
    house.announcer.changed(session)

    (event,) = await house.tell()

    assert steps(event) == [("one", "opened"), ("one", "active")]


async def test_numbers_rise_from_event_to_event_whatever_they_are(house):
    house.open("one")
    (changes,) = await house.tell()
    house.announcer.on_epoch()
    (listed,) = await house.tell()
    house.close("one")
    (later,) = await house.tell()

    assert changes.news[-1].n < listed.n < later.news[0].n


async def test_a_list_says_what_waited_to_be_told_and_how_active_everybody_is(house):
    house.open("one").is_away = True
    house.open("two")
    house.open("three")
    house.close("two")
    house.announcer.on_epoch()

    (listed,) = await house.tell()
    (after,) = await house.tell()

    assert [(each.session, each.step) for each in listed.sessions] == [
        ("one", "away"),
        ("three", "active"),
    ]
    assert after == ProcessBeat(process="host/1")


async def test_what_happens_while_a_list_is_on_its_way_is_told_behind_it(house):
    house.open("one")
    house.announcer.on_epoch()
    house.streams.meanwhile = lambda: house.close("one")

    (listed,) = await house.tell()
    (changes,) = await house.tell()

    assert [each.session for each in listed.sessions] == ["one"]
    assert steps(changes) == [("one", "closed")]
    assert changes.news[0].n > listed.n


async def test_an_epoch_while_a_list_is_on_its_way_asks_for_another(house):
    house.announcer.on_epoch()
    house.streams.meanwhile = house.announcer.on_epoch

    first, second, third = [await house.tell() for _ in range(3)]

    assert [type(event) for (event,) in (first, second, third)] == [
        SessionsListed,
        SessionsListed,
        ProcessBeat,
    ]


async def test_what_is_noted_while_it_fails_is_on_the_next_list(house):
    house.open("one")
    house.streams.down = True
    house.streams.meanwhile = lambda: house.open("two")
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.down = False

    (listed,) = await house.tell()
    (after,) = await house.tell()

    assert [each.session for each in listed.sessions] == ["one", "two"]
    assert isinstance(after, ProcessBeat)


async def test_lists_come_a_minute_after_each_other_while_it_beats(house):
    told = []
    for _ in range(14):
        house.clock.advance(BEAT_EVERY_S)
        (event,) = await house.tell()
        told.append(isinstance(event, SessionsListed))

    assert [number for number, is_list in enumerate(told, start=1) if is_list] == [6, 12]


async def test_whoever_was_silent_for_a_moment_less_needs_no_list(house):
    house.clock.advance(LATE_AFTER_S - 0.001)

    (event,) = await house.tell()

    assert isinstance(event, ProcessBeat)


async def test_very_many_changes_and_questions_are_several_events(house):
    for number in range(NEWS_PER_EVENT + 1):
        house.open(str(number))
    house.announcer.ask(str(number) for number in range(PEOPLE_PER_EVENT + 1))

    events = await house.tell()

    assert [len(each.news) for each in events[:2]] == [NEWS_PER_EVENT, 1]
    assert [len(each.users) for each in events[2:]] == [PEOPLE_PER_EVENT, 1]


async def test_questions_go_with_a_beat_or_a_list_where_nothing_else_is_new(house):
    house.announcer.ask(["ann"])
    with_a_beat = await house.tell()
    house.announcer.on_epoch()
    house.announcer.ask(["ann"])
    with_a_list = await house.tell()

    question = PresenceRequested(users=["ann"])
    assert with_a_beat == [ProcessBeat(process="host/1"), question]
    assert with_a_list[1:] == [question]


async def test_a_question_that_was_lost_is_for_who_asked_to_repeat(house):
    house.announcer.ask(["ann"])
    house.streams.down = True
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.down = False

    events = await house.tell()

    assert [type(each) for each in events] == [SessionsListed]


async def test_a_question_that_was_not_even_tried_is_asked_when_it_can_be(house):
    house.announcer.ask(["ann"])
    house.streams.breaker.retry_after_s = 0.5
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.breaker.retry_after_s = 0.0

    events = await house.tell()

    assert house.streams.tries == 2
    assert events[-1] == PresenceRequested(users=["ann"])


async def test_what_is_told_and_what_fails_is_counted(house):
    before = count(TOLD), count(LISTED), count(FAILED)
    for name in ("one", "two"):
        house.open(name)
    await house.tell()
    house.streams.down = True
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.down = False
    await house.tell()

    after = count(TOLD), count(LISTED), count(FAILED)

    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 1]


async def test_a_process_that_ends_without_redis_ends_all_the_same(house):
    house.streams.down = True

    await house.announcer.end()

    assert house.streams.events == []


async def test_who_comes_while_the_process_stops_is_told_of_and_closes_untold(house):
    house.announcer.begin_to_stop()
    house.open("late")

    (event,) = await house.tell()

    assert steps(event) == [("late", "opened")]
