"""A message appears once, at one place, for everybody; however often and wherever it is sent."""

import asyncio
import contextlib
import itertools
import random
import uuid

import pytest

from tests.integration.chat.world import message_frame

MESSAGES = 600
REPEATS = 400
ROOMS = 3


async def post(http, room, client_id, content):
    answer = await http.post(
        f"/rooms/{room}/messages", json={"client_id": client_id, "content": content}
    )
    return answer.status_code, answer.json()


class Crowd:
    """Four people, each with a socket and HTTP at both processes, who send all at once."""

    def __init__(self, sockets, https):
        self.sockets = sockets
        self.https = https
        self.answers = {}  # (room, client_id): [(seq, was it there before)]
        self.acked = {}  # (socket, room): {seq}
        self.unsure = set()  # (room, client_id) that got no answer in time, on a slow machine

    async def send(self, place, person, room, client_id, content):
        """Send from one of the four places of a person, again after each ``timeout``."""
        if place < 2:
            client = self.sockets[person + 4 * place]
            ack = await client.say(room, content, client_id=client_id)
            while ack.get("code") == "timeout":
                self.unsure.add((room, client_id))
                ack = await client.say(room, content, client_id=client_id)
            assert ack["type"] == "ack", ack
            seq, duplicate = ack["seq"], ack["duplicate"]
            self.acked.setdefault((client, room), set()).add(seq)
        else:
            http = self.https[person + 4 * (place - 2)]
            status, body = await post(http, room, client_id, content)
            while body.get("code") == "timeout":
                self.unsure.add((room, client_id))
                status, body = await post(http, room, client_id, content)
            assert status in {200, 201}, body
            seq, duplicate = body["seq"], status == 200
        self.answers.setdefault((room, client_id), []).append((seq, duplicate))

    async def until_all_is_known(self, room, count):
        """Wait until each socket had an ack or a live frame for every message of a room."""
        for client in self.sockets:
            acked = self.acked.get((client, room), set())
            await client.until(
                lambda acked=acked, client=client: len(acked.union(client.seqs(room))) == count,
                what="all messages",
            )


@contextlib.asynccontextmanager
async def crowd(world, people):
    async with contextlib.AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(world.client(person, url=url))
            for url in world.chats
            for person in people
        ]
        https = [
            await stack.enter_async_context(world.http(person, url=url))
            for url in world.chats
            for person in people
        ]
        yield Crowd(sockets, https)


def shuffled_sends(rooms):
    """Return (place, person, room, client_id, content) of 600 messages and 400 repeats."""
    chance = random.Random(2)  # noqa: S311 - no secret
    sends = [
        (chance.randrange(4), person, chance.choice(rooms), str(uuid.uuid4()), f"message {number}")
        for number, person in zip(range(MESSAGES), itertools.cycle(range(4)), strict=False)
    ]
    again = [(chance.randrange(4), *send[1:]) for send in chance.choices(sends, k=REPEATS)]
    return chance.sample([*sends, *again], k=MESSAGES + REPEATS)


@pytest.mark.promise(number=2)
@pytest.mark.promise(number=3)
@pytest.mark.both_servers
async def test_a_thousand_sends_at_once_give_one_row_each_in_one_order_for_all(world):
    people, reader = world.people(4), world.person()
    rooms = [world.room(*people, reader) for _ in range(ROOMS)]

    async with crowd(world, people) as them, world.clients([reader], each=2) as readers:
        await asyncio.gather(*(them.send(*each) for each in shuffled_sends(rooms)))
        stored = {room: world.stored(room) for room in rooms}
        for room in rooms:
            for client in readers:
                await client.until_seqs(room, len(stored[room]))
            await them.until_all_is_known(room, len(stored[room]))

    assert sum(len(rows) for rows in stored.values()) == MESSAGES
    for room, rows in stored.items():
        times = [row[3] for row in rows]
        told = [(m["seq"], m["client_id"], m["content"]) for m in readers[0].messages(room)]
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        assert times == sorted(times)
        assert told == [row[:3] for row in rows]
        assert readers[1].messages(room) == readers[0].messages(room)
        for client in them.sockets:
            assert client.seqs(room) == sorted(set(client.seqs(room)))
        for seq, client_id, *_ in rows:
            answers = them.answers[room, client_id]
            assert {answered for answered, _ in answers} == {seq}
            told_as_new = [duplicate for _, duplicate in answers].count(False)
            assert told_as_new == 1 or (told_as_new == 0 and (room, client_id) in them.unsure)


@pytest.mark.promise(number=3)
async def test_history_over_http_is_what_the_sockets_were_told(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    async with world.client(alice) as sender, world.client(bob) as reader, world.http(bob) as http:
        await asyncio.gather(*(sender.say(room, f"number {n}") for n in range(40)))
        await reader.until_seqs(room, 40)
        history = (await http.get(f"/rooms/{room}/messages")).json()

    live = [{k: v for k, v in m.items() if k != "type"} for m in reader.messages(room)]
    kept = [{k: v for k, v in m.items() if k != "type"} for m in history["messages"]]
    assert live == kept


async def test_a_retry_and_a_capital_client_id_are_the_same_message(world):
    alice = world.person()
    room = world.room(alice)
    client_id = str(uuid.uuid4())

    async with world.client(alice) as client:
        first = await client.say(room, "once", client_id=client_id)
        retry = await client.ask(
            {**message_frame(room, "once", client_id=client_id), "type": "retry", "attempt": 1}
        )
        capital = await client.say(room, "once", client_id=client_id.upper())

    assert (first["seq"], first["duplicate"]) == (1, False)
    assert (retry["seq"], retry["duplicate"], retry["created_at"]) == (1, True, first["created_at"])
    assert (capital["seq"], capital["duplicate"]) == (1, True)
    assert len(world.stored(room)) == 1


@pytest.mark.promise(number=2)
@pytest.mark.both_servers
async def test_each_door_knows_what_came_through_the_other(world):
    alice = world.person()
    room = world.room(alice)
    by_socket, by_http = str(uuid.uuid4()), str(uuid.uuid4())

    async with world.client(alice) as client, world.http(alice) as http:
        ack = await client.say(room, "by socket", client_id=by_socket)
        status, body = await post(http, room, by_socket, "by socket")
        new_status, new = await post(http, room, by_http, "by http")
        repeated = await client.say(room, "by http", client_id=by_http)

    assert (status, body["seq"], body["created_at"]) == (200, ack["seq"], ack["created_at"])
    assert (new_status, new["seq"]) == (201, 2)
    assert (repeated["seq"], repeated["duplicate"]) == (2, True)


async def test_other_content_under_the_same_client_id_is_refused_at_both_doors(world):
    alice = world.person()
    room = world.room(alice)
    client_id = str(uuid.uuid4())

    async with world.client(alice) as client, world.http(alice) as http:
        await client.say(room, "first", client_id=client_id)
        other = await client.say(room, "second", client_id=client_id)
        answering = await client.say(room, "first", client_id=client_id, reply_to=1)
        status, problem = await post(http, room, client_id, "second")

    assert (other["type"], other["code"], other["client_id"]) == (
        "error",
        "client_id_reused",
        client_id,
    )
    assert answering["code"] == "client_id_reused"
    assert (status, problem["code"]) == (409, "client_id_reused")
    assert [row[2] for row in world.stored(room)] == ["first"]


@pytest.mark.promise(number=2)
async def test_two_contents_under_one_client_id_at_once_leave_one_message(world):
    alice = world.person()
    room = world.room(alice)

    async with world.clients([alice], each=2) as (one, other):
        for _ in range(20):
            client_id = str(uuid.uuid4())
            answers = await asyncio.gather(
                *(
                    client.say(room, content, client_id=client_id)
                    for client in (one, other)
                    for content in ("this", "that")
                )
            )
            acks = [answer for answer in answers if answer["type"] == "ack"]
            errors = [answer["code"] for answer in answers if answer["type"] == "error"]
            assert len({ack["seq"] for ack in acks}) == 1
            assert [ack["duplicate"] for ack in acks] in ([False, True], [True, False])
            assert errors == ["client_id_reused", "client_id_reused"]

    assert [row[0] for row in world.stored(room)] == list(range(1, 21))


async def test_client_ids_of_two_senders_or_two_rooms_are_different_messages(world):
    alice, bob = world.people(2)
    room, other = world.room(alice, bob), world.room(alice, bob)
    client_id = str(uuid.uuid4())

    async with world.clients([alice, bob]) as (one, two):
        acks = [
            await client.say(where, "the same", client_id=client_id)
            for client in (one, two)
            for where in (room, other)
        ]

    assert [(ack["seq"], ack["duplicate"]) for ack in acks] == [
        (1, False),
        (1, False),
        (2, False),
        (2, False),
    ]


@pytest.mark.parametrize("reply_to", [2, 3, 2**53 - 1])
async def test_a_reply_to_a_seq_that_is_not_there_is_refused_at_both_doors(world, reply_to):
    alice = world.person()
    room = world.room(alice)
    body = {"client_id": str(uuid.uuid4()), "content": "to nobody", "reply_to": reply_to}

    async with world.client(alice) as client, world.http(alice) as http:
        await client.say(room, "the only one")
        error = await client.say(room, "to nobody", reply_to=reply_to)
        answer = await http.post(f"/rooms/{room}/messages", json=body)
        good = await client.say(room, "to the first", reply_to=1)

    assert (error["code"], list(error["fields"])) == ("bad_frame", ["reply_to"])
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reply_to"])
    assert good["seq"] == 2
