"""A real process of chat that is asked to end as a platform asks: who was on it is led elsewhere."""

import asyncio
import contextlib
import signal
import uuid

import httpx
import pytest

from dev.gateway import http_status
from services.chat.domain.closing import OVERLOADED, RESTARTING
from services.chat.domain.departing import LONGEST_AFTER_MS, SHORTEST_AFTER_MS, STOP_S
from tests.integration.chat.client import WITHIN_S
from tests.integration.chat.narrow_chat import extra_chat
from tests.integration.chat.sessions import badge, poll, until_sessions
from tests.integration.chat.signing_in import outcome
from tests.waiting import until

PEOPLE = 12
FOR_LONG = {"STOP_WITHIN_S": "1000", "DRAIN_DELAY_S": "900"}
SWIFT = {"DRAIN_DELAY_S": "0.2", "DRAIN_S": "1"}
UNAVAILABLE = 503


def asked_to_return(client):
    (frame,) = [each for each in client.frames if each["type"] == "reconnect"]
    assert client.frames[-1] is frame
    return frame["after_ms"]


async def status_of(extra, *, path="/healthz"):
    return await asyncio.to_thread(http_status, extra.port, path)


@pytest.mark.both_servers
async def test_a_process_that_drains_refuses_newcomers_and_serves_members(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    with extra_chat(world, FOR_LONG) as extra:
        async with (
            world.client(alice, url=extra.url) as client,
            world.http(bob, url=extra.url) as http,
        ):
            waiting = asyncio.create_task(poll(http, {room: 0}))
            await until_sessions(extra.internal_port, "poll", 1)
            extra.send_signal(signal.SIGTERM)
            polled = await waiting
            newcomer = await outcome(extra.url, token=bob.token)
            health = [await status_of(extra, path=f"{path}/healthz") for path in ("", "/api/chat")]
            refused = [
                await http.post("/auth/login", json={"username": "x", "password": "y"}),
                await http.post("/sync", json={"cursors": {}, "wait_s": 1}),
            ]
            posted = await http.post(
                f"/rooms/{room}/messages",
                json={"client_id": str(uuid.uuid4()), "content": "still served"},
            )
            ack = await client.say(room, "so am I")
            await until(
                lambda: http_status(extra.internal_port, "/readyz") == UNAVAILABLE,
                what="readiness to be off",
            )
            extra.send_signal(signal.SIGTERM)
            code = await client.until_closed()
        status = await asyncio.to_thread(extra.wait)

    assert (polled["messages"], polled["changed"]) == ([], [])
    assert (newcomer, health) == (OVERLOADED, [UNAVAILABLE] * 2)
    assert [answer.status_code for answer in refused] == [UNAVAILABLE] * 2
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert (posted.status_code, ack["type"]) == (201, "ack")
    assert (code, status) == (RESTARTING, 0)
    assert len(world.stored(room)) == 2


@pytest.mark.both_servers
async def test_everybody_is_told_when_to_come_back_and_what_they_sent_is_written(world):
    people = world.people(PEOPLE)
    room = world.room(*people)

    with extra_chat(world, SWIFT) as extra:
        async with contextlib.AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(world.client(each, url=extra.url))
                for each in people
            ]
            clients.append(await stack.enter_async_context(badge(world, people[0], url=extra.url)))
            saying = [
                asyncio.create_task(client.say(room, f"number {n}"))
                for client in clients[:PEOPLE]
                for n in range(20)
            ]
            await clients[0].until_type("ack")
            extra.send_signal(signal.SIGTERM)
            acks = await asyncio.gather(*saying)
            codes = [await client.until_closed() for client in clients]
            pauses = [asked_to_return(client) for client in clients]
        status = await asyncio.wait_for(asyncio.to_thread(extra.wait), STOP_S + WITHIN_S)

    assert {ack["type"] for ack in acks} == {"ack"}
    assert codes == [RESTARTING] * (PEOPLE + 1)
    assert all(SHORTEST_AFTER_MS <= pause <= LONGEST_AFTER_MS for pause in pauses)
    assert len(set(pauses)) > PEOPLE // 2
    assert status == 0
    assert len(world.stored(room)) == len(acks)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_does_not_want_to_wait_says_so(world, number):
    alice = world.person()

    with extra_chat(world, FOR_LONG) as extra:
        async with world.client(alice, url=extra.url) as client:
            if number is signal.SIGTERM:
                extra.send_signal(number)
                await until(
                    lambda: http_status(extra.port, "/healthz") == UNAVAILABLE,
                    what="the drain to begin",
                )
            extra.send_signal(number)
            code = await client.until_closed()
            pause = asked_to_return(client)
        status = await asyncio.wait_for(asyncio.to_thread(extra.wait), WITHIN_S)

    assert (code, status) == (RESTARTING, 0)
    assert pause >= LONGEST_AFTER_MS


async def test_a_process_on_which_nobody_is_does_not_wait(world):
    with extra_chat(world, FOR_LONG) as extra:
        extra.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(asyncio.to_thread(extra.wait), WITHIN_S)

    assert status == 0


async def test_who_has_been_connected_for_long_comes_back_and_misses_nothing(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    with extra_chat(world, {"CONNECTION_AGE_S": "1"}) as extra:
        async with world.client(alice, url=extra.url) as client:
            code = await client.until_closed()
            pause = asked_to_return(client)
        async with world.client(bob) as author:
            await author.say(room, "meanwhile")
        async with world.client(alice) as again:
            missed, _ = await again.sync({room: 0})
        metrics = await text_of(extra, "/metrics")

    assert code == RESTARTING
    assert SHORTEST_AFTER_MS <= pause <= LONGEST_AFTER_MS
    assert [each["content"] for each in missed] == ["meanwhile"]
    assert 'parley_sessions_sent_away_total{reason="age"}' in metrics


async def text_of(extra, path):
    async with httpx.AsyncClient(timeout=WITHIN_S) as http:
        return (await http.get(f"http://127.0.0.1:{extra.internal_port}{path}")).text
