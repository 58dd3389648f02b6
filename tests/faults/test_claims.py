"""Claims of having received and read while Redis is away or loses its data: late, never lost."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from libs.common.events import Receipt
from tests.faults.stage import Pair, Stage
from tests.faults.streams import wipe
from tests.faults.waiting import WITHIN_S, until
from tests.integration.chat.claims import claimed

OK = 200


def claims_of(stage: Stage, pair: Pair) -> list[Receipt]:
    """Return what stands on the stream of what Bob has read."""
    found = claimed(stage.suite.state.redis_url, pair.room)
    return [each for each in found if each.user == pair.bob.user_id and each.read_seq > 0]


async def until_claimed(
    stage: Stage, pair: Pair, found: Callable[[list[Receipt]], object]
) -> list[Receipt]:
    """Wait until what Bob claims to have read is as wanted; return it."""
    claims: list[Receipt] = []

    def is_found() -> bool:
        claims[:] = claims_of(stage, pair)
        return bool(found(claims))

    await until(is_found, what="the claims to be on the stream")
    return claims


async def let_others_know(stage: Stage, pair: Pair, url: str, *, know: bool) -> None:
    """Change Bob's privacy at one process of chat."""
    headers = {"Authorization": f"Bearer {await pair.bob.credentials.bearer()}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_S) as http:
        answer = await http.patch("/api/chat/me", json={"send_read_receipts": know})
    assert answer.status_code == OK


@pytest.mark.parametrize("how", ["hung", "stopped"])
async def test_claims_made_while_redis_is_away_are_told_when_it_is_back(stage, pair, how):
    count = 5
    for _ in range(count):
        await stage.say(pair.ann, pair.room)
    socket = await stage.raw(pair.bob, stage.urls[1])

    async with getattr(stage, how)("redis"):
        for seq in range(1, count + 1):
            await socket.send({"type": "read_receipt", "room": pair.room, "seq": seq})
            await asyncio.sleep(0.1)
        await socket.send({"type": "ping", "ref": "taken"})
        await socket.receive_type("pong")

    # A Redis that hung may yet take the first try, with the first claim, before what they come to.
    await until_claimed(stage, pair, lambda those: those and those[-1].read_seq == count)


async def test_who_begins_to_read_privately_while_redis_is_away_is_not_shown(stage, pair):
    await stage.say(pair.ann, pair.room)
    socket = await stage.raw(pair.bob, stage.urls[1])

    async with stage.stopped("redis"):
        await let_others_know(stage, pair, stage.urls[0], know=False)
        await socket.send({"type": "read_receipt", "room": pair.room, "seq": 1})
        await socket.send({"type": "ping", "ref": "taken"})
        await socket.receive_type("pong")
    claims = await until_claimed(stage, pair, lambda those: those)

    assert {(each.read_seq, each.is_private) for each in claims} == {(1, True)}


async def test_claims_that_nobody_confirmed_are_told_to_a_new_life_of_redis(stage, pair):
    last_seq = await stage.say(pair.ann, pair.room)
    socket = await stage.raw(pair.bob, stage.urls[1])

    async with stage.stopped("receipts"):
        await socket.send({"type": "read_receipt", "room": pair.room, "seq": last_seq})
        before = await until_claimed(stage, pair, lambda those: those)
        await asyncio.to_thread(wipe, stage.suite.state.redis_url)
        after = await until_claimed(stage, pair, lambda those: those)

    assert after == before
