"""Receipts of clients, on their way to the receipts service: what stands on the stream."""

import asyncio

import pytest

from tests.integration.chat.claims import claimed, marks, until_claimed
from tests.integration.chat.client import WITHIN_S

BEYOND = 2**53 - 1


def receipt(kind, room, seq):
    return {"type": kind, "room": room, "seq": seq}


@pytest.fixture
def redis_url(world):
    return world.suite.state.redis_url


@pytest.fixture
def couple(world):
    """Two people in a room of 40 messages."""
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 40)
    return alice, bob, room


async def test_what_a_client_received_and_read_is_claimed_with_its_session(
    world, couple, redis_url
):
    _, bob, room = couple

    async with world.client(bob) as client:
        await client.socket.send(receipt("delivered", room, 40))
        await client.socket.send(receipt("read_receipt", room, 38))
        [claim] = await until_claimed(redis_url, room, len)

    assert marks([claim]) == [(bob.id, 40, 38, False)]
    assert claim.session == client.welcome["session"]


async def test_many_receipts_become_few_claims(world, couple, redis_url):
    _, bob, room = couple

    async with world.client(bob) as client:
        for seq in range(1, 41):
            await client.socket.send(receipt("delivered", room, seq))
            await client.socket.send(receipt("read_receipt", room, seq))
        claims = await until_claimed(redis_url, room, _reaching(40))

    assert len(claims) < 40


@pytest.mark.parametrize("kind", ["delivered", "read_receipt"])
async def test_who_is_no_member_claims_nothing(world, couple, redis_url, kind):
    _, bob, room = couple
    gone, stranger = world.people(2)
    world.rows(
        "insert into member"
        " (room_id, user_id, role, joined_seq, left_seq, delivered_seq, read_seq)"
        " values (%s, %s, 'member', 0, 40, 0, 0)",
        *(room, gone.id),
    )

    async with world.clients([gone, stranger, bob]) as (left, outside, member):
        answers = [await each.ask(receipt(kind, room, 7)) for each in (left, outside)]
        await member.socket.send(receipt(kind, room, 7))
        claims = await until_claimed(redis_url, room, len)

    assert [answer["code"] for answer in answers] == ["permission_denied"] * 2
    assert {claim.user for claim in claims} == {bob.id}


@pytest.mark.parametrize("kind", ["delivered", "read_receipt"])
@pytest.mark.parametrize("seq", [0, -1, 2**53, 1.5, True, "7", None])
async def test_a_seq_that_is_none_is_a_bad_frame(world, couple, redis_url, kind, seq):
    _, bob, room = couple

    async with world.client(bob) as client:
        answer = await client.ask(receipt(kind, room, seq))

    assert (answer["code"], list(answer["fields"])) == ("bad_frame", ["seq"])
    assert claimed(redis_url, room) == []


@pytest.mark.promise(number=5)
async def test_nothing_is_claimed_beyond_the_last_message(world, couple, redis_url):
    _, bob, room = couple

    async with world.client(bob) as client:
        await client.socket.send(receipt("read_receipt", room, BEYOND))
        claims = await until_claimed(redis_url, room, len)

    assert marks(claims) == [(bob.id, 40, 40, False)]


async def test_a_claim_ahead_of_what_was_delivered_here_is_not_cut(world, couple, redis_url):
    alice, bob, room = couple

    async with world.client(bob) as client:
        # Written where no stream tells of it: known once heads are compared.
        world.rows(
            "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
            " select %s, n, %s, gen_random_uuid(), 'late', now() from generate_series(41, 50) n",
            *(room, alice.id),
        )
        world.rows("update room set last_seq = 50 where id = %s", room)
        await client.socket.send(receipt("delivered", room, 50))
        claims = await until_claimed(redis_url, room, len)

    assert marks(claims) == [(bob.id, 50, 0, False)]


async def test_an_author_may_claim_what_was_just_acknowledged(world, couple, redis_url):
    _, bob, room = couple

    async with world.client(bob) as client:
        seq = (await client.say(room, "mine"))["seq"]
        await client.socket.send(receipt("read_receipt", room, seq))
        claims = await until_claimed(redis_url, room, len)

    assert marks(claims) == [(bob.id, 41, 41, False)]


# -- over HTTP -----------------------------------------------------------------------------------


async def report(http, room, **body):
    return await http.post(f"/rooms/{room}/receipts", json=body)


async def test_over_http_receipts_are_claimed_for_no_session(world, couple, redis_url):
    _, bob, room = couple

    async with world.http(bob) as http:
        answer = await report(http, room, delivered_seq=BEYOND, read_seq=7)
        claims = await until_claimed(redis_url, room, len)

    assert answer.status_code == 202
    assert marks(claims) == [(bob.id, 40, 7, False)]
    assert claims[0].session is None


async def test_over_http_what_was_read_was_received(world, couple, redis_url):
    _, bob, room = couple

    async with world.http(bob) as http:
        answer = await report(http, room, delivered_seq=3, read_seq=9)
        claims = await until_claimed(redis_url, room, len)

    assert answer.status_code == 202
    assert marks(claims) == [(bob.id, 9, 9, False)]


async def test_over_http_strangers_and_nonsense_are_refused(world, couple, redis_url):
    _, bob, room = couple
    stranger = world.person()

    async with world.http(stranger) as http:
        foreign = [await report(http, where, read_seq=1) for where in (room, "none", stranger.id)]
    async with world.http(bob) as http:
        wrong = [
            await report(http, room, **body)
            for body in ({}, {"read_seq": 0}, {"delivered_seq": 2**53}, {"read_seq": "7"})
        ]

    assert [(each.status_code, each.json()["code"]) for each in foreign] == [
        (403, "permission_denied")
    ] * 3
    assert [(each.status_code, each.json()["code"]) for each in wrong] == [(400, "bad_frame")] * 4
    assert claimed(redis_url, room) == []


# -- private reading -----------------------------------------------------------------------------


async def let_others_know(http, *, know):
    answer = await http.patch("/me", json={"send_read_receipts": know})
    assert (answer.status_code, answer.json()["send_read_receipts"]) == (200, know)


async def test_who_comes_as_a_private_reader_claims_privately_by_both_roads(
    world, couple, redis_url
):
    _, bob, room = couple
    world.rows("update chat_user set send_read_receipts = false where id = %s", bob.id)

    async with world.client(bob) as client, world.http(bob) as http:
        await client.socket.send(receipt("read_receipt", room, 5))
        await until_claimed(redis_url, room, len)
        await report(http, room, read_seq=9)
        claims = await until_claimed(redis_url, room, lambda those: len(those) > 1)

    assert marks(claims) == [(bob.id, 5, 5, True), (bob.id, 9, 9, True)]


async def test_privacy_begins_at_once_where_it_is_asked_for(world, couple, redis_url):
    _, bob, room = couple
    [url, _] = world.chats

    async with world.client(bob, url=url) as client, world.http(bob, url=url) as http:
        await client.socket.send(receipt("read_receipt", room, 5))
        await until_claimed(redis_url, room, len)
        await let_others_know(http, know=False)
        await client.socket.send(receipt("read_receipt", room, 9))
        claims = await until_claimed(redis_url, room, lambda those: len(those) > 1)

    assert marks(claims) == [(bob.id, 5, 5, False), (bob.id, 9, 9, True)]


async def test_privacy_needs_no_news_to_begin(world, couple, redis_url):
    _, bob, room = couple

    async with world.client(bob) as client:
        await client.socket.send(receipt("read_receipt", room, 5))
        await until_claimed(redis_url, room, len)
        world.rows("update chat_user set send_read_receipts = false where id = %s", bob.id)
        await client.socket.send(receipt("read_receipt", room, 9))
        claims = await until_claimed(redis_url, room, lambda those: len(those) > 1)

    assert marks(claims) == [(bob.id, 5, 5, False), (bob.id, 9, 9, True)]


async def claim_until(client, room, redis_url, *, private):
    """Read on until a claim is (not) private; return the first seq that was so."""
    claims = claimed(redis_url, room)
    seq = max((claim.read_seq for claim in claims), default=0)
    while not claims or claims[-1].is_private is not private:
        seq += 1
        await client.socket.send(receipt("read_receipt", room, seq))
        claims = await until_claimed(redis_url, room, _reaching(seq))
    return seq


def _reaching(seq):
    return lambda claims: claims and claims[-1].read_seq == seq


async def test_privacy_reaches_the_sessions_at_other_processes(world, couple, redis_url):
    _, bob, room = couple
    world.rows("update room set last_seq = 2000 where id = %s", room)
    here, there = world.chats

    async with world.client(bob, url=there) as client, world.http(bob, url=here) as http:
        await let_others_know(http, know=False)
        async with asyncio.timeout(WITHIN_S):
            first_private = await claim_until(client, room, redis_url, private=True)
        await let_others_know(http, know=True)
        async with asyncio.timeout(WITHIN_S):
            first_public = await claim_until(client, room, redis_url, private=False)

    assert first_private == 1 < first_public
    turns = [claim.is_private for claim in claimed(redis_url, room)]
    assert turns == sorted(turns[:first_private]) + sorted(turns[first_private:], reverse=True)
