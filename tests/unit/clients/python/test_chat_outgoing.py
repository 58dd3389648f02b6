"""The chat's own messages on their way: what a program learns of them, and what it may do."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from clients.python import parley
from clients.python.parley.outgoing import OutgoingMessages
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import Peer, chat_with
from tests.waiting import until

CHAT, QUEUE = "POST /api/chat/rooms/r/messages", "POST /api/queue/outgoing"


@pytest.fixture
def away(web):
    """Chat takes nothing over HTTP; the queue service keeps what it gets."""
    web.answer(CHAT, lambda request: fakes.problem(503, "unavailable"))
    web.answer(QUEUE, lambda request: httpx.Response(202))
    return web


def standings(outgoing: OutgoingMessages) -> list[str]:
    return [one.standing.value for one in outgoing]


async def refuse(peer: Peer, code: str) -> dict[str, Any]:
    frame = await peer.hear("message")
    await peer.say(type="error", code=code, ref=frame["ref"], message="No.")
    return frame


async def test_a_queued_message_is_seen_as_such_and_settled_by_its_ack(server, away):
    async with chat_with(server, away) as (chat, peer):
        changes = chat.outgoing.changes()
        sending = asyncio.create_task(chat.send("r", "hello"))
        frame = await refuse(peer, "unavailable")
        await until(lambda: standings(chat.outgoing) == ["queued"])
        await peer.acknowledge(frame, 4, ref=None)
        sent = await sending
        told = [(await changes.next()).standing.value for _ in range(3)]

        assert (sent.seq, told) == (4, ["pending", "queued", "sent"])
        assert len(chat.outgoing) == 0
    [kept] = [one for one in away.asked if one.url.path == "/api/queue/outgoing"]
    assert json.loads(kept.content)["client_id"] == frame["client_id"]


async def test_a_send_that_ends_at_its_deadline_says_that_the_message_is_queued(server, away):
    async with chat_with(server, away) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello", timeout_s=0.5))
        await refuse(peer, "unavailable")

        with pytest.raises(parley.NotAcknowledged) as caught:
            await sending

        assert caught.value.is_queued
        assert standings(chat.outgoing) == ["queued"]


async def test_what_the_queue_gave_up_is_raised_where_somebody_waits(server, away):
    async with chat_with(server, away) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        frame = await refuse(peer, "unavailable")
        await until(lambda: standings(chat.outgoing) == ["queued"])
        given_up = {"room": "r", "client_id": frame["client_id"], "code": "permission_denied"}
        await peer.say(type="failed", message="No.", **given_up)

        with pytest.raises(parley.PermissionDenied):
            await sending


async def test_a_refused_message_that_nobody_waits_for_stays_until_it_is_retried(server, web):
    async with chat_with(server, web) as (chat, peer):
        added = chat.outgoing.queue_outgoing_message("r", "hello", reply_to=2)
        await refuse(peer, "permission_denied")
        await until(lambda: standings(chat.outgoing) == ["failed"])
        [failed] = chat.outgoing
        retried = chat.outgoing.retry(added.client_id)
        again = await peer.hear("message")
        await peer.acknowledge(again, 4)
        await until(lambda: len(chat.outgoing) == 0)

        assert (added.standing, failed.goes_again) == (parley.Standing.PENDING, False)
        assert str(failed.error) == "permission_denied: No."
        assert (retried, again["client_id"]) == (True, added.client_id)
        assert (again["content"], again["reply_to"]) == ("hello", 2)


async def test_a_refused_message_can_be_discarded(server, web):
    async with chat_with(server, web) as (chat, peer):
        added = chat.outgoing.queue_outgoing_message("r", "hello")
        await refuse(peer, "permission_denied")
        await until(lambda: standings(chat.outgoing) == ["failed"])

        assert chat.outgoing.discard(added.client_id)
        assert len(chat.outgoing) == 0
        assert not chat.outgoing.retry(added.client_id)


@pytest.mark.parametrize("problem", [(404, "not_found"), (403, "permission_denied")])
async def test_where_the_queue_service_is_not_or_knows_no_better_the_message_climbs_again(
    server, web, problem
):
    web.answer(CHAT, lambda request: fakes.problem(503, "unavailable"))
    web.answer(QUEUE, lambda request: fakes.problem(*problem))
    async with chat_with(server, web, random=lambda: 0.0) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        await refuse(peer, "unavailable")
        retry = await peer.hear("retry")
        await peer.acknowledge(retry, 4)

        assert (await sending).seq == 4


@pytest.mark.parametrize(
    "in_between",
    [
        lambda: httpx.Response(404, text="<html>"),
        lambda: fakes.problem(404, "not_found"),
        lambda: fakes.not_packed(201),
    ],
    ids=["nothing there", "not found", "not packed"],
)
async def test_what_stands_before_chat_is_no_judge_of_a_message(server, away, in_between):
    away.answer(CHAT, lambda request: in_between())
    async with chat_with(server, away) as (chat, peer):
        chat.outgoing.queue_outgoing_message("r", "hello")
        await refuse(peer, "unavailable")
        await until(lambda: standings(chat.outgoing) != ["pending"])

        assert standings(chat.outgoing) == ["queued"]
        assert chat.connected


async def test_a_refusal_of_the_queue_service_is_final(server, web):
    web.answer(CHAT, lambda request: fakes.problem(503, "unavailable"))
    web.answer(QUEUE, lambda request: fakes.problem(409, "client_id_reused"))
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "hello"))
        await refuse(peer, "unavailable")

        with pytest.raises(parley.ClientIdReused):
            await sending


async def test_when_chat_is_found_well_what_was_queued_is_sent_again_before_the_next(server, away):
    async with chat_with(server, away) as (chat, peer):
        ids = [chat.outgoing.queue_outgoing_message("r", text).client_id for text in ("a", "b")]
        for _ in ids:
            await refuse(peer, "unavailable")
        await until(lambda: standings(chat.outgoing) == ["queued", "queued"])
        third = chat.outgoing.queue_outgoing_message("r", "c").client_id
        away.answer("GET /api/chat/healthz", lambda request: httpx.Response(200))
        heard = [await peer.hear("message") for _ in (*ids, third)]

        assert [one["client_id"] for one in heard] == [*ids, third]


async def test_after_the_end_of_the_chat_nothing_is_taken_on(server, web):
    async with chat_with(server, web) as (chat, _):
        await chat.close()

        with pytest.raises(parley.Closed):
            chat.outgoing.queue_outgoing_message("r", "too late")


async def test_half_a_character_is_refused_at_once_and_the_next_message_goes(server, web):
    async with chat_with(server, web) as (chat, peer):
        with pytest.raises(parley.BadFrame) as caught:
            await chat.send("r", "half: \ud83d")
        with pytest.raises(parley.BadFrame):
            chat.outgoing.queue_outgoing_message("r", "\udc00")
        sending = asyncio.create_task(chat.send("r", "whole"))
        frame = await peer.hear("message")
        await peer.acknowledge(frame, 1)

        assert list(caught.value.fields) == ["content"]
        assert ((await sending).seq, frame["content"]) == (1, "whole")
