"""``POST /sync`` with ``wait_s``: it waits where nothing is missing, and loses nothing."""

import asyncio
import contextlib

import pytest

from tests.integration.chat import groups
from tests.integration.chat.sessions import LONG_S, poll, until_polls, until_sessions, write

MESSAGES = 100
PEOPLE = 40
POLLS_OF_ONE = 4


@contextlib.asynccontextmanager
async def waiting(world, person, cursors, **more):
    """Let somebody wait at the first process; give the task of the answer once it waits."""
    async with world.http(person, url=world.chats[0]) as http:
        task = asyncio.create_task(poll(http, cursors, **more))
        await until_polls(world, 1)
        yield task
        await until_polls(world, 0)


def seqs(answer, room):
    return [message["seq"] for message in answer["messages"] if message["room"] == room]


def changed(answer):
    return {room["id"]: room for room in answer["changed"]}


async def test_what_is_missing_is_answered_at_once(world):
    alice = world.person()
    room = world.room(alice)
    world.fill(room, alice, 3)

    async with world.http(alice) as http:
        answer = await poll(http, {room: 1})

    assert seqs(answer, room) == [2, 3]
    assert answer["changed"] == []


async def test_where_nothing_happens_the_answer_is_empty(world):
    alice = world.person()
    room = world.room(alice)

    async with world.http(alice) as http:
        answer = await poll(http, {room: 0}, wait_s=0.2)

    assert (answer["messages"], answer["statuses"], answer["changed"]) == ([], [], [])


async def test_a_message_of_the_other_process_wakes_a_poll(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    async with waiting(world, alice, {room: 0}) as answer:
        async with world.http(bob, url=world.chats[1]) as http:
            await write(http, room, "hello")
        found = await answer

    assert [(m["seq"], m["content"]) for m in found["messages"]] == [(1, "hello")]
    assert [(r["room"], r["from"], r["to"]) for r in found["rooms"]] == [(room, 1, 1)]


async def test_a_new_room_wakes_a_poll(world):
    alice, bob = world.people(2)
    known = world.room(alice)

    async with waiting(world, alice, {known: 0}) as answer:
        room = await groups.opened(world, bob, alice)
        found = await answer

    assert list(changed(found)) == [room]
    assert changed(found)[room]["role"] == "member"


async def test_a_new_name_wakes_a_poll_and_is_told_to_who_names_an_older_version(world):
    alice, bob = world.people(2)
    room = await groups.opened(world, bob, alice, name="Before")

    async with waiting(world, alice, {room: 0}) as answer, world.http(bob) as http:
        await http.patch(f"/rooms/{room}", json={"name": "After"})
        found = await answer
    async with world.http(alice) as http:
        later = await poll(http, {room: 0}, versions={room: 1})
        knowing = await poll(http, {room: 0}, versions={room: 2}, wait_s=0.1)

    assert changed(found)[room]["name"] == changed(later)[room]["name"] == "After"
    assert knowing["changed"] == []


async def test_a_message_in_a_room_that_was_not_named_brings_the_room(world):
    alice, bob = world.people(2)
    named, known = world.room(alice), world.room(alice, bob)

    async with (
        waiting(world, alice, {named: 0}, versions={known: 1}) as answer,
        world.http(bob, url=world.chats[1]) as http,
    ):
        await write(http, known, "hello")
        found = await answer

    assert (found["messages"], changed(found)[known]["last_seq"]) == ([], 1)


async def test_what_was_written_before_a_removal_still_comes_and_nothing_after_it(world):
    owner, alice = world.people(2)
    room = await groups.opened(world, owner, alice)

    async with waiting(world, alice, {room: 0}) as answer:
        # In one transaction: when the poll reads, the reader is not in the room any more.
        with world.transaction() as cursor:
            cursor.execute(
                "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
                " select %s, n, %s, gen_random_uuid(), 'last words', now()"
                " from generate_series(1, 3) n",
                (room, owner.id),
            )
            cursor.execute(
                "update member set left_seq = 2 where room_id = %s and user_id = %s",
                (room, alice.id),
            )
            cursor.execute(
                "update room set last_seq = 3, version = version + 1 where id = %s", (room,)
            )
        found = await answer
    async with world.http(alice) as http:
        again = await poll(http, {room: 2})

    assert (seqs(found, room), seqs(again, room)) == ([1, 2], [])
    assert [(r["room"], r["from"], r["to"]) for r in found["rooms"]] == [(room, 1, 2)]
    for farewell in (changed(found)[room], changed(again)[room]):
        assert (farewell["removed"], farewell["name"], farewell["last_seq"]) == (True, "", 2)


async def test_a_room_that_one_never_was_in_is_passed_over(world):
    alice, bob = world.people(2)
    foreign = world.room(bob)

    async with world.http(alice) as http:
        answer = await poll(http, {foreign: 0}, versions={foreign: 0}, wait_s=0.1)

    assert answer == {"messages": [], "statuses": [], "rooms": [], "changed": []}


async def test_a_poll_and_a_socket_talk_both_ways_and_nothing_is_lost_or_doubled(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    got: list[int] = []

    async def read(http):
        while len(got) < 2 * MESSAGES:
            answer = await poll(http, {room: len(got)})
            got.extend(seqs(answer, room))

    async def talk(http):
        for number in range(MESSAGES):
            await write(http, room, f"by http {number}")

    async with (
        world.http(alice, url=world.chats[0]) as reading,
        world.http(alice) as writing,
        world.client(bob, url=world.chats[1]) as client,
    ):
        async with asyncio.TaskGroup() as group:
            group.create_task(read(reading))
            group.create_task(talk(writing))
            for number in range(MESSAGES):
                await client.say(room, f"by socket {number}")
        await client.until_seqs(room, MESSAGES)

    assert got == list(range(1, 2 * MESSAGES + 1))
    assert client.seqs(room) == sorted(set(client.seqs(room)))
    assert len(client.seqs(room)) == MESSAGES


async def test_one_message_wakes_everybody_who_waits(world):
    people = world.people(PEOPLE)
    room = world.room(*people)

    async with contextlib.AsyncExitStack() as stack:
        doors = [
            await stack.enter_async_context(world.http(person, url=world.chats[0]))
            for person in people
        ]
        polls = [asyncio.create_task(poll(http, {room: 0})) for http in doors]
        await until_polls(world, PEOPLE)
        await write(doors[0], room, "wake up")
        answers = await asyncio.gather(*polls)
    await until_polls(world, 0)

    assert [seqs(answer, room) for answer in answers] == [[1]] * PEOPLE


async def test_a_fifth_poll_is_refused_until_one_has_gone(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    body = {"cursors": {room: 0}, "wait_s": LONG_S}

    async with world.http(alice, url=world.chats[0]) as http:
        polls = [asyncio.create_task(http.post("/sync", json=body)) for _ in range(POLLS_OF_ONE)]
        await until_polls(world, POLLS_OF_ONE)
        refused = await http.post("/sync", json=body)
        at_once = await http.post("/sync", json=body | {"wait_s": 0})
        async with world.http(bob, url=world.chats[0]) as other:
            other_poll = asyncio.create_task(poll(other, {room: 0}))
            await until_polls(world, POLLS_OF_ONE + 1)
            polls.pop().cancel()
            await until_polls(world, POLLS_OF_ONE)
            polls.append(asyncio.create_task(http.post("/sync", json=body)))
            await until_polls(world, POLLS_OF_ONE + 1)
            await write(other, room, "enough")
            answers = await asyncio.gather(*polls)
            await other_poll

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.json()["retry_after"] > 0
    assert int(refused.headers["Retry-After"]) >= 1
    assert at_once.status_code == 200
    assert [answer.status_code for answer in answers] == [200] * POLLS_OF_ONE
    await until_polls(world, 0)


@pytest.mark.parametrize("through", ["gateway", "chat"])
async def test_who_hangs_up_frees_the_place_at_once(world, through):
    alice = world.person()
    room = world.room(alice)
    url = world.url if through == "gateway" else world.chats[0]

    async with world.http(alice, url=url) as http:
        task = asyncio.create_task(poll(http, {room: 0}))
        if through == "chat":
            await until_polls(world, 1)
        else:
            await until_any_poll(world)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for process in range(2):
            await until_polls(world, 0, process=process)


async def until_any_poll(world):
    tasks = [asyncio.create_task(until_polls(world, 1, process=number)) for number in range(2)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_sign_out_ends_a_poll_with_401(world):
    alice = world.person()
    room = world.room(alice)

    async with world.http(alice, url=world.chats[0]) as http:
        task = asyncio.create_task(http.post("/sync", json={"cursors": {room: 0}, "wait_s": 25}))
        await until_polls(world, 1)
        async with world.http(alice, url=world.chats[1]) as elsewhere:
            await elsewhere.post("/auth/logout")
        answer = await task

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    await until_polls(world, 0)


async def test_a_process_that_stops_answers_those_who_wait(world):
    alice = world.person()
    room = world.room(alice)
    extra = await asyncio.to_thread(world.suite.start_extra_chat)

    async with world.http(alice, url=extra.url) as http:
        task = asyncio.create_task(poll(http, {room: 0}))
        await until_sessions(extra.internal_port, "poll", 1)
        status = await asyncio.to_thread(extra.stop)
        answer = await task

    assert (answer["messages"], answer["changed"], status) == ([], [], 0)


async def test_more_than_25_seconds_are_refused(world):
    async with world.http(world.person()) as http:
        answer = await http.post("/sync", json={"cursors": {}, "wait_s": 25.5})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["wait_s"])
