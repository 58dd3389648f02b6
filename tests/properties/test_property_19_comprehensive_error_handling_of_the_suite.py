"""Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling

On the real suite, without harm to its processes: whatever is wrong with what somebody wants, both
doors say the same of it, in words for people, and go on; and where the database is away they say
when to come back, a breaker is seen to open, and what was not stored can be sent again.
"""

import asyncio

import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.pending import new_client_id
from libs.common.ids import uuid_of
from tests.admin_pages import ShownBreaker
from tests.faults.postgres import no_connections
from tests.integration.admin_visit import Visit, visiting
from tests.integration.chat.world import message_frame
from tests.properties.at_once import held_open, play_at_once
from tests.properties.cut_off import lonely_chat
from tests.properties.doors import check_frame, check_problem

USED = new_client_id()
"""Of a message that is stored."""

mistakes = st.one_of(
    st.tuples(st.just("content"), st.text(" \n\t\u2003", max_size=9)),
    st.tuples(st.just("content"), st.integers(4097, 6000).map("x".__mul__)),
    st.tuples(st.just("content"), st.text(max_size=20).map("a\0".__add__)),
    st.tuples(st.just("content"), st.none() | st.integers(-9, 9) | st.lists(st.just("x"))),
    st.tuples(st.just("client_id"), st.text(max_size=40).filter(lambda text: not uuid_of(text))),
    st.tuples(st.just("reply_to"), st.integers(-(2**40), 0) | st.text(max_size=9)),
).map(lambda one: ("bad_frame", {one[0]: one[1]}))
strangers = st.uuids().map(lambda room: ("permission_denied", {"room": str(room)}))
others = st.text("abc", min_size=1).map(
    lambda content: ("client_id_reused", {"client_id": USED, "content": f"{content}!"})
)
torn = st.text(max_size=30).map(lambda text: ("bad_json", "{" + text.replace("}", "")))
"""What a message is to be refused with, and what is wrong with it: members, or the whole of it."""


class Caller:
    """Somebody with a session, and with HTTP."""

    def __init__(self, client, http, room):
        self.client, self.http, self.room = client, http, room

    async def ask(self, frame):
        """Send a message through both doors; return the frame and the answer that come of it."""
        room = frame.get("room", self.room)
        body = {name: value for name, value in frame.items() if name not in ("type", "room")}
        answered = await self.client.ask({**frame, "room": room})
        return answered, await self.http.post(f"/rooms/{room}/messages", json=body)

    async def ask_torn(self, text):
        before = len(self.client.frames)
        await self.client.socket.send_text(text)
        await self.client.until(lambda: len(self.client.frames) > before, what="an error")
        answer = await self.http.post(f"/rooms/{self.room}/messages", content=text.encode())
        return self.client.frames[before], answer


def code_of(response):
    return check_problem(response.status_code, response.headers, response.content)


@pytest.fixture(scope="module")
def caller(world, loop):
    person = world.person()
    room = world.room(person)
    with (
        held_open(loop, world.client(person)) as client,
        held_open(loop, world.http(person)) as http,
    ):
        loop.run(client.say(room, "the first", client_id=USED))
        yield Caller(client, http, room)


@pytest.fixture(scope="module")
def quiet_breakers(world, loop):
    """No breaker opens meanwhile; that is looked at in the end, for all examples together."""
    staff = world.staff()
    before = loop.run(breakers_of(world, staff))
    yield
    after = loop.run(breakers_of(world, staff))
    assert {breaker.state for breaker in after.values()} == {"closed"}
    for place, breaker in after.items():
        assert breaker.transitions == (before[place].transitions if place in before else [])


async def breakers_of(world, staff):
    """Return what either process shows of its breakers, by its address and the name."""
    shown: dict[tuple[str, str], ShownBreaker] = {}
    for url in world.chats:
        async with visiting(world, "chat", staff, url=url) as http:
            breakers = await Visit(http).breakers()
        shown |= {(url, name): breaker for name, breaker in breakers.items()}
    return shown


@pytest.mark.usefixtures("quiet_breakers")
@settings(max_examples=100, deadline=None)
@given(wish=mistakes | strangers | others | torn)
def test_both_doors_say_the_same_of_what_is_wrong_and_nothing_is_broken_by_it(
    world, loop, caller, wish
):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    code, wrong = wish

    async def ask():
        if code == "bad_json":
            frame, response = await caller.ask_torn(wrong)
        else:
            frame, response = await caller.ask({**message_frame(caller.room, "hello"), **wrong})
        return frame, response, await caller.client.ask({"type": "ping"})

    frame, response, pong = loop.run(ask())

    problem = response.json()
    assert check_frame(frame) == code_of(response) == code
    assert frame["message"] == problem["detail"]
    fields = set(wrong) if code == "bad_frame" else set()
    assert set(frame.get("fields", {})) == set(problem.get("errors", {})) == fields
    assert pong["type"] == "pong"
    assert [content for _, _, content, _ in world.stored(caller.room)] == ["the first"]


# -- without a database -----------------------------------------------------------------------

OUTAGES = {"unavailable", "timeout"}
wishes = st.tuples(
    st.sampled_from(("message", "retry")), st.text("abc ☕", min_size=1, max_size=50)
).map(
    lambda wish: {
        **message_frame("", f"{wish[1]}."),
        "type": wish[0],
        **({"attempt": 1} if wish[0] == "retry" else {}),
    }
)


@pytest.fixture(scope="module")
def lonely(world):
    with lonely_chat(world) as lonely:
        yield lonely


def test_without_its_database_chat_says_when_to_come_back_and_takes_everything_afterwards(
    world, loop, lonely
):
    """Feature: whatsapp-messaging-fix, Property 19: Comprehensive Error Handling"""
    asked = []

    with (
        held_open(loop, lonely.both_doors()) as (client, http),
        held_open(loop, lonely.staff()) as staff,
    ):
        caller = Caller(client, http, lonely.room)

        async def play(wish):
            asked.append(wish)
            frame, response = await caller.ask({**wish, "room": lonely.room})
            assert {check_frame(frame), code_of(response)} <= OUTAGES

        async def send_until_stored(wish):
            while (frame := await client.ask({**wish, "room": lonely.room}))["type"] == "error":
                assert check_frame(frame) in OUTAGES
                await asyncio.sleep(frame.get("retry_after", 0.1))
            return await client.ask({**wish, "room": lonely.room})

        ask = f"{lonely.url}/api/chat/me"
        with no_connections(lonely.database_url):
            play_at_once(loop, wishes, play)
            away = loop.run(staff.until_breaker("postgres", shows="open", ask=ask))
        back = loop.run(staff.until_breaker("postgres", shows="closed", ask=ask))
        again = loop.run(all_of(send_until_stored(wish) for wish in asked))

    assert away.transitions[0] == back.transitions[-1] == "open"
    assert all(frame["duplicate"] for frame in again)
    stored = lonely.rows("select content from message order by seq")
    assert sorted(content for (content,) in stored) == sorted(wish["content"] for wish in asked)


async def all_of(work):
    return await asyncio.gather(*work)
