"""Each bound of ``docs/limits.md`` on real processes: who meets it hears what was promised.

Everything happens in processes of chat beside the suite's, whose limits are narrow.
"""

import asyncio
import contextlib
import time

import httpx
import pytest

from dev.extra_chat import ExtraChat
from libs.common.rates.allowances import TRICKLE
from services.chat.domain.closing import OVERLOADED, RATE_LIMITED
from services.chat.domain.pace import REFUSALS_BURST
from tests.faults.internal_port import Insight
from tests.integration.chat.client import WITHIN_S, message_frame
from tests.integration.chat.narrow_chat import extra_chat
from tests.integration.chat.signing_in import outcome
from tests.integration.chat.world import Person

NARROW = {
    "TYPING_PER_S": "1",
    "TYPING_BURST": "3",
    "RECEIPTS_PER_S": "1",
    "RECEIPTS_BURST": "2",
    "FRAMES_PER_S": "1",
    "FRAMES_BURST": "900",
    "FRAME_BYTES_PER_S": "1000",
    "FRAME_BYTES_BURST": "300000",
    "USER_CONNECTIONS": "3",
    "USER_REQUESTS_PER_S": "1",
    "USER_REQUESTS_BURST": "6",
    "ADDRESS_HANDSHAKES_PER_S": "1",
    "ADDRESS_HANDSHAKES_BURST": "20",
}
USER_BURST = 40
MANY = 60
"""More at once than a burst is, and than come again while a slow machine answers them."""


@pytest.fixture(scope="module")
def narrow(world):
    """A process in which everything but messages is narrow."""
    with extra_chat(world, NARROW) as extra:
        yield extra


async def handshake(extra: ExtraChat, person: Person, *, forwarded: str) -> str | int:
    """Come by a proxy that says from where; return what comes of it."""
    headers = {"X-Forwarded-For": forwarded}
    return await outcome(extra.url, token=person.token, headers=headers)


async def burst(client, frame, count):
    """Send a frame many times without waiting, then ping; return the errors that came before."""
    before = len(client.frames)
    for number in range(count):
        await client.socket.send({**frame, "ref": str(number)})
    await client.ask({"type": "ping"})
    return [each for each in client.frames[before:] if each["type"] == "error"]


async def test_who_types_too_fast_is_refused_and_may_write_and_others_may_type(world, narrow):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    typing = {"type": "typing", "room": room, "is_typing": True}

    async with world.client(alice, url=narrow.url) as one, world.client(bob, url=narrow.url) as two:
        refused = await burst(one, typing, MANY)
        bobs = await burst(two, typing, 1)
        ack = await one.say(room, "still here")

    assert len(refused) >= 5
    assert {each["code"] for each in refused} == {"rate_limited"}
    assert all(each["retry_after"] > 0 and each["ref"] for each in refused)
    assert bobs == []
    assert ack["type"] == "ack"


@pytest.mark.promise(number=7)
async def test_receipts_above_the_rate_are_merged_and_none_is_refused(world, narrow):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 200)

    async with world.client(alice) as author, world.client(bob, url=narrow.url) as reader:
        for seq in range(1, 201):
            await reader.socket.send({"type": "delivered", "room": room, "seq": seq})
        await reader.socket.send({"type": "read_receipt", "room": room, "seq": 150})
        marks = await author.until_marks(room, bob.id, delivered=200, read=150)

    assert marks == (200, 150)
    assert [each for each in reader.frames if each["type"] == "error"] == []


async def test_more_bytes_than_may_come_are_refused_and_small_frames_pass(world, narrow):
    alice = world.person()
    room = world.room(alice)

    async with world.client(alice, url=narrow.url) as client:
        answers = [await client.say(room, "é" * 4096) for _ in range(2)]
        big = {"type": "activity", "state": "active", "more": "x" * 60_000}
        refused = await burst(client, big, 8)
        small = await client.ask({"type": "activity", "state": "no such state"})

    assert [each["type"] for each in answers] == ["ack", "ack"]
    assert {each["code"] for each in refused} == {"rate_limited"}
    assert 1 <= len(refused) < 8
    assert small["code"] == "bad_frame"


async def test_who_goes_on_and_on_is_closed_and_nobody_else_notices(world, narrow):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    frame = {"type": "typing", "room": room, "is_typing": True}

    async with world.client(bob, url=narrow.url) as other:
        async with world.client(alice, url=narrow.url) as client:
            with contextlib.suppress(Exception):
                for _ in range(REFUSALS_BURST + 500):
                    await client.socket.send(frame)
            code = await client.until_closed()
        ack = await other.say(room, "what was that?")

    refused = [each for each in client.frames if each["type"] == "error"]
    assert code == RATE_LIMITED
    assert len(refused) >= REFUSALS_BURST
    assert ack["type"] == "ack"


async def test_a_person_may_write_so_much_whatever_the_way(world):
    limits = {"USER_MESSAGES_PER_S": "8", "USER_MESSAGES_BURST": str(USER_BURST)}
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    with extra_chat(world, limits) as first, extra_chat(world, limits) as second:
        async with (
            world.client(alice, url=first.url) as one,
            world.client(alice, url=second.url) as two,
            world.client(bob, url=second.url) as other,
            world.http(alice, url=first.url) as http,
        ):
            began_s = time.monotonic()
            told = await asyncio.gather(
                *(each.say(room, f"{n}") for n in range(60) for each in (one, two))
            )
            path = f"/rooms/{room}/messages"
            posted: list[httpx.Response] = []
            while not any(each.status_code == 429 for each in posted):
                posted += await asyncio.gather(*(http.post(path, json=body()) for _ in range(30)))
            took_s = time.monotonic() - began_s
            ack = await other.say(room, "and mine?")

    stored = sum(each["type"] == "ack" for each in told)
    stored += sum(each.status_code == 201 for each in posted)
    refused = [each for each in told if each["type"] == "error"]
    trickles = 2 * TRICKLE * (USER_BURST + 8 * took_s)
    assert {each["code"] for each in refused} == {"rate_limited"}
    assert all(each["retry_after"] > 0 and each["client_id"] for each in refused)
    # Each process gives a second's worth on credit while it asks.
    assert USER_BURST * 0.5 <= stored <= USER_BURST + 8 * took_s + 2 * 8 + trickles + 2
    late = [each for each in posted if each.status_code != 201]
    assert {(each.status_code, each.json()["code"]) for each in late} == {(429, "rate_limited")}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in late)
    assert ack["type"] == "ack"


async def test_a_person_may_have_so_many_connections(world, narrow):
    alice, bob = world.people(2)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(world.client(alice, url=narrow.url))
        async with world.client(alice, url=narrow.url), world.http(alice, url=narrow.url) as http:
            fourth = await outcome(narrow.url, token=alice.token)
            poll = await http.post("/sync", json={"cursors": {}, "wait_s": 1})
            others = await outcome(narrow.url, token=bob.token)
        await until_sockets(narrow, 2)
        again = await outcome(narrow.url, token=alice.token)

    assert fourth == RATE_LIMITED
    assert (poll.status_code, poll.json()["code"]) == (429, "rate_limited")
    assert (others, again) == ("welcome", "welcome")


async def test_a_person_may_ask_so_much_over_http(world, narrow):
    alice, bob = world.people(2)

    async with world.http(alice, url=narrow.url) as http:
        answers = await asyncio.gather(*(http.get("/rooms") for _ in range(MANY)))
    async with world.http(bob, url=narrow.url) as http:
        others = await http.get("/rooms")

    refused = [each for each in answers if each.status_code == 429]
    assert len(answers) - len(refused) >= 6
    assert refused
    assert {each.json()["code"] for each in refused} == {"rate_limited"}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in refused)
    assert others.status_code == 200


async def test_an_address_may_come_so_often_and_its_proxy_tells_which_it_is(world, narrow):
    people = world.people(MANY)

    outcomes = await asyncio.gather(
        *(
            handshake(narrow, person, forwarded=f"198.51.100.{number}, 203.0.113.7")
            for number, person in enumerate(people)
        )
    )
    other = await handshake(narrow, people[0], forwarded="203.0.113.7, 203.0.113.8")

    assert outcomes.count("welcome") >= 20
    assert outcomes.count(RATE_LIMITED) >= 10
    assert other == "welcome"


async def test_a_process_takes_so_many_connections(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    with extra_chat(world, {"CONNECTIONS": "1"}) as extra:
        async with world.client(alice, url=extra.url) as client:
            late = await outcome(extra.url, token=bob.token)
            ack = await client.say(room, "nobody else fits in")
        await until_sockets(extra, 0)
        again = await outcome(extra.url, token=bob.token)

    assert (late, again) == (OVERLOADED, "welcome")
    assert ack["type"] == "ack"


@pytest.mark.promise(number=7)
async def test_an_overloaded_process_refuses_newcomers_and_serves_members(world):
    alice = world.person()
    room = world.room(alice)
    new = {"username": f"x{alice.username}", "password": "correct horse battery"}

    with extra_chat(world, {"MEMORY_LIMIT_MB": "16"}) as extra:
        await Insight(extra).until_metric("parley_pressure_level", 2.0)
        socket = await outcome(extra.url, token=alice.token)
        async with world.http(alice, url=extra.url) as http:
            newcomers = {
                path: await http.post(path, json=sent)
                for path, sent in [
                    ("/auth/login", new),
                    ("/auth/token", new),
                    ("/auth/register", new),
                    ("/auth/ticket", {}),
                    ("/sync", {"cursors": {}, "wait_s": 1}),
                ]
            }
            written = await http.post(f"/rooms/{room}/messages", json=body())
            read = await http.get(f"/rooms/{room}/messages")
            missed = await http.post("/sync", json={"cursors": {room: 0}})

    assert socket == OVERLOADED
    for path, answer in newcomers.items():
        assert (path, answer.status_code, answer.json()["code"]) == (path, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    assert written.status_code == 201
    assert [each["seq"] for each in read.json()["messages"]] == [1]
    assert [each["seq"] for each in missed.json()["messages"]] == [1]


async def test_what_a_client_is_told_is_what_holds(world, narrow):
    alice = world.person()

    async with world.client(alice, url=narrow.url) as client:
        limits = client.welcome["limits"]

    told = {name.upper(): str(value) for name, value in limits.items()}
    assert {name: told[name] for name in NARROW if name in told} == {
        name: value
        for name, value in NARROW.items()
        if not name.startswith(("ADDRESS", "USER_REQ"))
    }


def body():
    return {key: value for key, value in message_frame("", "hello").items() if key not in IN_PATH}


IN_PATH = {"type", "room"}


async def until_sockets(extra: ExtraChat, count: int) -> None:
    """Wait until a process has noticed who has left."""
    async with asyncio.timeout(WITHIN_S), httpx.AsyncClient(timeout=WITHIN_S) as http:
        url = f"http://127.0.0.1:{extra.internal_port}/metrics"
        while f"parley_sockets {count}.0" not in (await http.get(url)).text:
            await asyncio.sleep(0.02)
