"""PostgreSQL hung, stopped, cut off and full: refusals that say when, and nothing acked is lost."""

import asyncio
from typing import Any

import pytest

from clients.python import parley
from tests.faults.postgres import Hog, terminate_backends
from tests.faults.stage import Pair, Stage


async def expect_http_refusal(chat: parley.Chat, *codes: str) -> None:
    """Read the rooms over HTTP; expect a problem document that says when to come back."""
    with pytest.raises(parley.ParleyError) as refused:
        await chat.api.request("GET", "/api/chat/rooms")
    assert refused.value.code in codes
    if refused.value.code == "unavailable":
        assert refused.value.retry_after_s is not None


def is_unavailable(answer: dict[str, Any]) -> bool:
    return answer.get("code") == "unavailable" and answer["retry_after"] > 0


async def settle(stage: Stage, pair: Pair, *, what: str) -> None:
    await stage.settle(*pair.listeners, what=what)
    assert [listener.closed for listener in pair.listeners] == [None, None]


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=6)
@pytest.mark.parametrize(
    ("how", "http_codes"),
    [
        pytest.param("hung", ("unavailable", "timeout"), marks=pytest.mark.both_servers),
        ("stopped", ("unavailable",)),
    ],
)
async def test_without_postgresql_sends_are_refused_and_afterwards_all_is_well(
    stage, pair, how, http_codes
):
    prober = await stage.prober(pair.ann, pair.room)
    sessions = pair.ann.welcome.session, pair.bob.welcome.session

    async with stage.traffic(*pair.places):
        await stage.acks(30)
        async with getattr(stage, how)("postgres"):
            first = await prober.ask()
            acks = stage.notes.acks  # what was on its way at first has arrived by now
            later = [await prober.ask() for _ in range(3)]
            await expect_http_refusal(pair.ann, *http_codes)
            acks_meanwhile = stage.notes.acks - acks
        for client_id in prober.sent:
            await prober.ask_until_acked(client_id)
        await stage.acks(60)

    assert is_unavailable(first) or first["code"] == "timeout"
    assert [answer for answer in later if not is_unavailable(answer)] == []
    assert acks_meanwhile == 0
    assert (pair.ann.welcome.session, pair.bob.welcome.session) == sessions
    await settle(stage, pair, what=f"{how} PostgreSQL")


@pytest.mark.promise(number=2)
async def test_a_message_answered_timeout_and_tried_again_is_there_once(stage, pair):
    prober = await stage.prober(pair.ann, pair.room)
    await prober.ask()

    async with stage.hung("postgres"):
        answer = await prober.ask()  # it is on its way when nothing answers: that is unknown
    unknown = prober.sent[-1]
    acked = await prober.ask_until_acked(unknown)
    again = await prober.ask_again(unknown)

    assert answer["code"] == "timeout"
    assert (again["seq"], again["duplicate"]) == (acked["seq"], True)
    await settle(stage, pair, what="timeout and again")


async def test_a_server_that_ended_while_nothing_was_asked_leaves_no_outcome_unknown(stage, pair):
    prober = await stage.prober(pair.ann, pair.room)
    await prober.ask()

    async with stage.stopped("postgres"):
        answer = await prober.ask()
    acked = await prober.ask_until_acked(prober.sent[-1])

    assert is_unavailable(answer)
    assert not acked["duplicate"]
    await settle(stage, pair, what="ended in silence")


async def test_backends_may_be_terminated_under_traffic(stage, pair):
    terminated = 0

    async with stage.traffic(*pair.places):
        for _ in range(8):
            await stage.acks(20)
            terminated += await asyncio.to_thread(terminate_backends, stage.database_url)
        await stage.acks(30)

    assert terminated >= 8
    await settle(stage, pair, what=f"{terminated} backends terminated")


async def test_where_no_connection_is_to_be_had_those_that_have_one_go_on(stage, pair):
    prober = await stage.prober(pair.ann, pair.room)
    async with stage.traffic(*pair.places):
        await stage.acks(30)  # every writer connects with its first message
    hog = Hog(stage.suite.state.database_admin_url)  # sees, and may end, what all services have
    await asyncio.to_thread(hog.fill)

    try:
        async with stage.traffic(*pair.places):
            await stage.acks(30)
            await asyncio.to_thread(hog.oust)
            answer = await prober.ask()
            await expect_http_refusal(pair.ann, "unavailable")
            hog.let_go()
            await prober.ask_until_acked(prober.sent[-1])
            await stage.acks(30)
    finally:
        hog.let_go()

    assert is_unavailable(answer)
    await settle(stage, pair, what="no connections")
