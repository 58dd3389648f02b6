"""The scripts of presence, one by one, on a real server and a played clock."""

import pytest

from libs.common.events import PersonPresence, PresenceChanged, SessionNews
from libs.common.streams.entries import read_entries, unpack
from services.presence.store import EVENTS_KEY
from services.presence.store.reading import connected
from services.presence.store.sessions import (
    FRESH_MS,
    GRACE_MS,
    HANDOVER_MS,
    LEASE_MS,
    YOUNG_MS,
    Known,
    ScriptFailed,
)

ANN = "ann"
PROCESS = "host/1"
SECOND_MS = 1_000


def news(step, n, session="tab", user=ANN):
    return SessionNews(session, user, "chat", step, n)


def told_at(store, *some):
    return ("news", PROCESS, store.now_ms, list(some))


async def told(redis):
    """Return all that was told of people, in order."""
    entries = [unpack(raw) for raw in read_entries(await redis.xrange(EVENTS_KEY))]
    return [
        person
        for entry in entries
        for event in entry.events
        if isinstance(event, PresenceChanged)
        for person in event.people
    ]


async def statuses(redis):
    return [person.status for person in await told(redis)]


async def until_settled(store, *, after_ms, silence_counts=False):
    store.now_ms += after_ms
    while (await store.settle(silence_counts=silence_counts)).more:
        pass


async def test_what_is_numbered_lower_changes_nothing_whatever_came_between(store, redis):
    await store.take([told_at(store, news("opened", 1))])
    await store.take([told_at(store, news("active", 3))])
    await store.take([told_at(store, news("away", 2))])

    await until_settled(store, after_ms=GRACE_MS)

    assert await statuses(redis) == ["online"]


async def test_a_session_that_opened_and_closed_in_between_is_told_to_nobody(store, redis):
    await store.take([told_at(store, news("opened", 1), news("closed", 2))])
    await until_settled(store, after_ms=GRACE_MS)

    assert await statuses(redis) == []


async def test_who_leaves_was_there_until_they_left(store, redis):
    await store.take([told_at(store, news("opened", 1))])
    store.now_ms += SECOND_MS
    closed_at_ms = store.now_ms
    await store.take([told_at(store, news("closed", 2))])
    await until_settled(store, after_ms=GRACE_MS - 1)
    before = await statuses(redis)
    await until_settled(store, after_ms=1)

    assert before == ["online"]
    assert (await told(redis))[-1] == PersonPresence(ANN, "offline", closed_at_ms)


async def test_sessions_of_a_process_that_stops_in_order_last_for_the_handover(store, redis):
    await store.take([told_at(store, news("opened", 1))])
    store.now_ms += 20 * SECOND_MS
    ended_at_ms = store.now_ms
    await store.take([("ended", PROCESS, ended_at_ms), ("beat", PROCESS, ended_at_ms)])

    await until_settled(store, after_ms=HANDOVER_MS - 1, silence_counts=True)
    before = await connected(redis, [ANN])
    await until_settled(store, after_ms=1, silence_counts=True)
    await until_settled(store, after_ms=GRACE_MS, silence_counts=True)

    assert before[0].connections == 1
    assert (await told(redis))[-1] == PersonPresence(ANN, "offline", ended_at_ms)


async def test_silence_ends_sessions_only_where_it_counts(store, redis):
    await store.take([told_at(store, news("opened", 1))])

    await until_settled(store, after_ms=LEASE_MS)
    await until_settled(store, after_ms=GRACE_MS)
    deaf = await statuses(redis)
    await until_settled(store, after_ms=0, silence_counts=True)
    await until_settled(store, after_ms=GRACE_MS)

    assert (deaf, await statuses(redis)) == (["online"], ["online", "offline"])


async def test_old_news_are_told_once_the_stream_was_read_to_its_end(store, redis):
    opened = told_at(store, news("opened", 1))
    store.now_ms += FRESH_MS
    await store.take([opened])
    before = await statuses(redis)

    await until_settled(store, after_ms=0)

    assert (before, await statuses(redis)) == ([], ["online"])


@pytest.mark.parametrize(
    ("was_online", "age_ms", "answer"),
    [
        (False, YOUNG_MS - 1, []),
        (False, YOUNG_MS, ["offline"]),
        (True, YOUNG_MS, []),
        (True, LEASE_MS + GRACE_MS, ["offline"]),
        (None, LEASE_MS + GRACE_MS, []),
    ],
)
async def test_of_whom_nothing_is_known_nothing_is_said_too_early(
    store, redis, was_online, age_ms, answer
):
    await store.settle(silence_counts=False)
    store.now_ms += age_ms
    known = Known(user=ANN, last_seen_ms=7, is_online=was_online)

    found = await store.look([known], and_tell=True)

    assert [each.status for each in found] == answer
    assert await told(redis) == found
    assert all(each.last_seen_ms == 7 for each in found)


async def test_who_was_there_before_a_wipe_and_does_not_come_back_is_told_to_be_gone(store, redis):
    await store.settle(silence_counts=False)
    began_ms = store.now_ms
    store.now_ms += LEASE_MS + GRACE_MS
    await store.take([told_at(store, news("opened", 1, "tab of bob", "bob"))])
    await store.recall([(ANN, 7), ("bob", 7)])

    await until_settled(store, after_ms=GRACE_MS)

    assert await told(redis) == [
        PersonPresence("bob", "online"),
        PersonPresence(ANN, "offline", began_ms),
    ]


async def test_tombstones_go_with_the_list_that_supersedes_them(store, redis):
    some = [news("opened", n, f"tab {n}") for n in range(1, 50)]
    await store.take([told_at(store, *some)])
    await store.take(
        [told_at(store, *(news("closed", 50 + each.n, each.session) for each in some))]
    )

    await store.take([("list", PROCESS, store.now_ms, 200, [])])
    await store.take([told_at(store, *some)])

    assert await redis.exists(f"presence.closed:{{0}}:{PROCESS}") == 0
    assert (await connected(redis, [ANN]))[0].connections == 0


async def test_what_a_script_cannot_take_is_no_outage(store):
    with pytest.raises(ScriptFailed):
        await store.take([("news", PROCESS, store.now_ms, [5])])
