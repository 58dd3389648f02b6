"""Sign-outs told over the channel layer: on every process, and without the streams' help."""

import asyncio

import pytest

from libs.common.control import GROUP
from tests.integration.chat.control_layer import layer, overheard, summed
from tests.integration.chat.world import WITHIN_S

NOT_AUTHENTICATED = 4001


async def until_heard(world, name, at_least):
    async with asyncio.timeout(WITHIN_S):
        while await summed(world, name) < at_least:
            await asyncio.sleep(0.02)


async def revoke(world, person, *sids):
    message = {"type": "revoked", "user": person.id, "sids": list(sids)}
    async with layer(world.suite.state.redis_url) as opened:
        await opened.group_send(GROUP, message)


async def test_a_sign_out_at_one_process_closes_the_socket_at_the_other(world):
    alice = world.person()

    async with world.client(alice, url=world.chats[1]) as client:
        async with world.http(alice, url=world.chats[0]) as http:
            answer = await http.post("/auth/logout", json={})
        code = await client.until_closed()

    assert answer.status_code == 204
    assert code == NOT_AUTHENTICATED


async def test_a_signal_alone_closes_the_sockets_of_its_sign_ins_on_every_process(world):
    # The database knows of no sign-out: neither the stream nor the sweep can be what closes.
    alice, bob = world.person(), world.person()

    async with world.clients([alice], each=2) as both, world.client(bob) as other:
        await revoke(world, alice, alice.sid, bob.sid)
        codes = [await client.until_closed() for client in both]

        assert codes == [NOT_AUTHENTICATED] * 2
        assert (await other.ask({"type": "ping"}))["type"] == "pong"


async def test_a_sign_out_everywhere_sends_one_signal_with_all_sign_ins(world):
    alice, other = world.person(), world.person()
    world.rows("update sign_in set user_id = %s where id = %s", alice.id, other.sid)

    async with overheard(world.suite.state.redis_url, about=alice.id) as following:
        async with world.http(alice) as http:
            await http.post("/auth/logout", json={"everywhere": True})
        async with asyncio.timeout(WITHIN_S):
            signal = await following()

    assert signal["type"] == "revoked"
    assert signal["user"] == alice.id
    assert sorted(signal["sids"]) == sorted([alice.sid, other.sid])


BAD_MESSAGES = [
    {},
    {"type": "nonsense"},
    {"type": "revoked", "user": 7, "sids": []},
    {"type": "revoked", "user": "not-a-uuid", "sids": ["x"]},
    ["no", "dict"],
    b"bytes",
    {"type": "custom", "user": "00000000-0000-0000-0000-000000000000", "name": "a.b"},
    {"type": "custom", "user": "00000000-0000-0000-0000-000000000000", "name": "a.b", "data": "{"},
    {
        "type": "custom",
        "user": "00000000-0000-0000-0000-000000000000",
        "name": "a.b",
        "data": '"' + "x" * 40_000 + '"',
    },
]


@pytest.mark.parametrize("message", BAD_MESSAGES, ids=range(len(BAD_MESSAGES)))
async def test_a_bad_message_is_counted_and_skipped(world, message):
    alice = world.person()
    before = await summed(world, "parley_signals_bad_total")

    async with world.client(alice) as client:
        async with layer(world.suite.state.redis_url) as opened:
            await opened.group_send(GROUP, message)
        await until_heard(world, "parley_signals_bad_total", before + len(world.chats))
        await revoke(world, alice, alice.sid)

        assert await client.until_closed() == NOT_AUTHENTICATED


async def test_what_is_no_message_of_the_layer_is_counted_and_skipped(world):
    alice = world.person()
    before = await summed(world, "parley_signals_bad_total")

    async with world.client(alice) as client:
        async with layer(world.suite.state.redis_url) as opened:
            shard = opened._shards[0]
            await shard.publish(f"parley__group__{GROUP}", b"\xc1 no MessagePack")
        await until_heard(world, "parley_signals_bad_total", before + len(world.chats))
        await revoke(world, alice, alice.sid)

        assert await client.until_closed() == NOT_AUTHENTICATED
