"""Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization

Whatever is sent, over whichever door, is in the database with the time at which it was written,
and any tab or client that stands at any cursor is brought to the same state. What others have
received and read is shown by every tab, and by whoever looks later.
"""

import asyncio
import contextlib
import datetime as dt

import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.catchup import (
    OBLIGATION,
    TRUNCATED_MESSAGES,
    Position,
    missing,
)
from tests.integration.chat.world import WITHIN_S, message_frame
from tests.properties.at_once import EXAMPLES, held_open, play_at_once
from tests.properties.many import many_people, many_rooms

NOW = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)

TABS = ("first tab", "second tab")

scripts = st.lists(
    st.tuples(st.sampled_from([*TABS, "http"]), st.text("abc ☕", min_size=1)),
    min_size=1,
    max_size=5,
).map(lambda script: [(door, f"{text}.") for door, text in script])


class Tabs:
    """One user with two tabs on different processes, and HTTP beside them."""

    def __init__(self, room, user, tabs, http):
        self.room, self.tabs = room, tabs
        self._http, self._headers = http, {"Authorization": f"Bearer {user.token}"}

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, world, http, user, room):
        """Keep the tabs open inside the block; HTTP belongs to nobody."""
        async with (
            world.client(user, url=world.chats[0]) as first,
            world.client(user, url=world.chats[1]) as second,
        ):
            yield cls(room, user, [first, second], http)

    async def send(self, door, content):
        """Send one message; return (seq, created_at)."""
        message = message_frame(self.room, content)
        if door == "http":
            body = {"client_id": message["client_id"], "content": content}
            answer = await self._post(f"/rooms/{self.room}/messages", body)
        else:
            answer = await self.tabs[TABS.index(door)].ask(message)
        return answer["seq"], answer["created_at"]

    async def until_told(self, before, script):
        """Wait until each tab was told live of what the other doors sent."""
        for tab, name, seen in zip(self.tabs, TABS, before, strict=True):
            new = sum(door != name for door, _ in script)
            await tab.until_seqs(self.room, seen + new)

    def forget(self):
        """Drop the frames so far: they are many, and were looked at."""
        for tab in self.tabs:
            tab.frames.clear()

    async def sync_by_http(self, cursor):
        """Ask what is above a cursor, and what has become of the messages."""
        return await self._post("/sync", {"cursors": {self.room: cursor}})

    async def _post(self, path, body):
        answer = await self._http.post(path, json=body, headers=self._headers)
        return answer.json()


@pytest.fixture(scope="module")
def http(world, loop):
    with held_open(loop, world.http(None)) as http:
        yield http


@pytest.fixture(scope="module")
def tabs(world, loop, http):
    user = world.person()
    with held_open(loop, Tabs.open(world, http, user, world.room(user))) as tabs:
        yield tabs


def without_type(messages):
    return [{name: m[name] for name in m if name != "type"} for m in messages]


@settings(max_examples=100, deadline=None)
@given(script=scripts, back=st.integers(0, 30))
def test_what_any_door_took_is_stored_in_time_and_every_tab_can_catch_up(
    world, loop, tabs, script, back
):
    """Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization"""
    [(began,)] = world.rows("select date_trunc('milliseconds', clock_timestamp())")

    async def write_and_ask():
        before = [len(tab.messages(tabs.room)) for tab in tabs.tabs]
        sent = [await tabs.send(door, content) for door, content in script]
        await tabs.until_told(before, script)
        cursor = max(0, sent[-1][0] - back)
        (first, rooms), (second, _) = [await tab.sync({tabs.room: cursor}) for tab in tabs.tabs]
        tabs.forget()
        by_http = await tabs.sync_by_http(cursor)
        return sent, cursor, first, second, by_http["messages"], rooms

    sent, cursor, first, second, by_http, rooms = loop.run(write_and_ask())

    [(ended,)] = world.rows("select clock_timestamp()")
    rows = world.stored(tabs.room)
    new = rows[-len(script) :]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[2] for row in new] == [content for _, content in script]
    assert [seq for seq, _ in sent] == [row[0] for row in new]
    assert [dt.datetime.fromisoformat(at) for _, at in sent] == [row[3] for row in new]
    assert [began, *(row[3] for row in new), ended] == sorted(
        [began, *(row[3] for row in new), ended]
    )
    assert without_type(first) == without_type(second) == without_type(by_http)
    assert [(m["seq"], m["content"]) for m in first] == [(r[0], r[2]) for r in rows[cursor:]]
    assert rooms == [{"room": tabs.room, "from": cursor + 1, "to": len(rows), "has_more": False}]


# -- what others have received and read -------------------------------------------------------

LOOK_S = 0.4
reports = st.lists(
    st.tuples(st.sampled_from(("delivered", "read_receipt")), st.integers(1, 5)),
    min_size=1,
    max_size=4,
)
"""What another member reports, one after the other, and of how many messages."""


@pytest.fixture(scope="module")
def places(world):
    """A hundred rooms of two people each."""
    people = many_people(world, 2 * EXAMPLES)
    pairs = list(zip(people[:EXAMPLES], people[EXAMPLES:], strict=True))
    return list(zip(pairs, many_rooms(world, pairs, told=True), strict=True))


def shown(statuses, member):
    """Return how far each of some statuses shows a member to be."""
    marks = [each for status in statuses for each in status["lowest"] if each["user"] == member.id]
    return [(each["delivered_seq"], each["read_seq"]) for each in marks]


async def until_it_shows(tab, room, member, marks):
    await tab.until(
        lambda: shown(tab.statuses(room)[-1:], member) == [marks], what=f"{marks} to be shown"
    )


async def until_a_sync_shows(tabs, member, marks):
    """Ask again and again: what is read then may be a little older than what was told."""
    async with asyncio.timeout(WITHIN_S):
        while shown((await tabs.sync_by_http(0)).get("statuses", ()), member) != [marks]:
            await asyncio.sleep(LOOK_S)


def test_what_another_member_reports_is_shown_by_every_tab_and_by_whoever_looks_later(
    world, loop, http, places
):
    """Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization"""
    free = iter(places)

    async def play(example):
        script, said = example
        (user, friend), room = next(free)
        async with (
            Tabs.open(world, http, user, room) as tabs,
            world.client(friend) as reader,
        ):
            for door, content in script:
                await tabs.send(door, content)
            delivered, read = 0, 0
            for kind, count in said:
                seq = min(count, len(script))
                await reader.socket.send({"type": kind, "room": room, "seq": seq})
                delivered = max(delivered, seq)
                read = max(read, seq) if kind == "read_receipt" else read
                for tab in tabs.tabs:
                    await until_it_shows(tab, room, friend, (delivered, read))
            await until_a_sync_shows(tabs, friend, (delivered, read))
            async with world.client(user) as later:
                (welcomed,) = later.welcome["rooms"]

        assert shown([welcomed], friend) == [(delivered, read)]
        for tab in tabs.tabs:
            told = shown(tab.statuses(room), friend)
            assert told == sorted(told)
            assert [seq for _, seq in told] == sorted(seq for _, seq in told)

    play_at_once(loop, st.tuples(scripts, reports), play)


# -- the pure core ----------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    last_seq=st.integers(0, 3000),
    cursor=st.integers(0, 3100),
    floor=st.integers(0, 100),
    old_below=st.integers(0, 3000),
    budget=st.integers(1, 2000),
)
def test_asking_until_nothing_is_left_brings_each_missing_message_once(
    last_seq, cursor, floor, old_below, budget
):
    """Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization"""
    floor = min(floor, last_seq)

    def created_at(seq):
        if not 1 <= seq <= last_seq:
            return None
        return NOW - OBLIGATION * 2 if seq <= old_below else NOW

    def ask(held):
        next_at = created_at(max(held, floor) + 1)
        return missing(Position("room", held, floor, last_seq, next_at), now=NOW, budget=budget)

    answer = ask(cursor)
    brought, truncated = [*range(answer.first_seq, answer.last_seq + 1)], answer.truncated
    while answer.has_more:
        assert answer.last_seq >= answer.first_seq
        answer = ask(answer.last_seq)
        brought += range(answer.first_seq, answer.last_seq + 1)

    wanted = list(range(max(cursor, floor) + 1, last_seq + 1))
    assert brought == (wanted[-TRUNCATED_MESSAGES:] if truncated else wanted)
