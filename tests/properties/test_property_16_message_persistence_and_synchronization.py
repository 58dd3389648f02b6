"""Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization

Whatever is sent, over whichever door, is in the database with the time at which it was written,
and any tab or client that stands at any cursor is brought to the same state.
"""

import datetime as dt

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.catchup import (
    OBLIGATION,
    TRUNCATED_MESSAGES,
    Position,
    missing,
)
from tests.integration.chat.world import Client, message_frame

NOW = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)

TABS = ("first tab", "second tab")

scripts = st.lists(
    st.tuples(st.sampled_from([*TABS, "http"]), st.text("abc ☕", min_size=1)),
    min_size=1,
    max_size=5,
).map(lambda script: [(door, f"{text}.") for door, text in script])


class Tabs:
    """One user with two tabs on different processes, and HTTP beside them."""

    def __init__(self, world, loop):
        user = world.person()
        self.room = world.room(user)
        self.tabs = [loop.run(Client.open(url, user.token)) for url in world.chats]
        self.http = httpx.AsyncClient(
            base_url=f"{world.url}/api/chat", headers={"Authorization": f"Bearer {user.token}"}
        )

    async def send(self, door, content):
        """Send one message; return (seq, created_at)."""
        message = message_frame(self.room, content)
        if door == "http":
            body = {"client_id": message["client_id"], "content": content}
            answer = await self.http.post(f"/rooms/{self.room}/messages", json=body)
            answer = answer.json()
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

    async def close(self):
        for tab in self.tabs:
            await tab.close()
        await self.http.aclose()


@pytest.fixture(scope="module")
def tabs(world, loop):
    tabs = Tabs(world, loop)
    yield tabs
    loop.run(tabs.close())


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
        by_http = (await tabs.http.post("/sync", json={"cursors": {tabs.room: cursor}})).json()
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
