"""One's profile: how others see one, and that they are told of a change."""

import asyncio
from typing import Any

import pytest

from libs.common.redis_clients import connect_hot
from libs.common.streams.names import stream_key
from services.chat.store import CHAT_ROOMS
from tests.integration.chat.groups import opened, version
from tests.integration.chat.world import WITHIN_S


async def until_told(world, text):
    """Wait until an entry about people and rooms holds a text; return the entry."""
    redis = connect_hot(world.suite.state.redis_url)
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                entries: Any = await redis.xrange(stream_key(CHAT_ROOMS, 0))
                for _, fields in entries:
                    if text.encode() in (entry := b"".join(fields.values())):
                        return entry
                await asyncio.sleep(0.02)
    finally:
        await redis.aclose()


async def test_a_name_is_changed_for_all_and_kept(world):
    alice, bob = world.people(2)

    async with world.http(alice, url=world.chats[0]) as mine:
        before = (await mine.get("/me")).json()
        changed = await mine.patch("/me", json={"display_name": "  Alice the Great "})
    async with world.http(bob, url=world.chats[1]) as other:
        seen = (await other.get("/users", params={"ids": alice.id})).json()["users"]
    async with world.client(alice) as client:
        welcome = client.welcome

    user = {"id": alice.id, "username": alice.username, "display_name": "Alice the Great"}
    assert before == {
        "user": user | {"display_name": "Person 0"},
        "send_read_receipts": True,
        "last_seen": "everyone",
    }
    assert (changed.status_code, changed.json()) == (200, before | {"user": user})
    assert (seen, welcome["user"]) == ([user], user)


async def test_a_change_is_told_to_the_other_services(world):
    alice = world.person()

    async with world.http(alice) as http:
        await http.patch("/me", json={"display_name": f"New {alice.username}"})

    told = await until_told(world, f"New {alice.username}")
    assert b"user.changed" in told
    assert alice.id.encode() in told


async def test_a_new_name_is_told_to_those_with_whom_one_has_a_direct_room(world):
    alice, bob = world.people(2)
    group = await opened(world, alice, bob)

    async with world.http(alice, url=world.chats[0]) as mine:
        answer = await mine.post("/rooms", json={"kind": "direct", "members": [bob.id]})
        direct = answer.json()["id"]
        async with world.client(bob, url=world.chats[1]) as client:
            await mine.patch("/me", json={"display_name": "Alice"})
            told = await client.until_type("room")

    assert (told["id"], told["name"], told["version"]) == (direct, "Alice", 2)
    assert (version(world, direct), version(world, group)) == (2, 1)


async def test_who_reads_privately_says_so_once_and_all_are_told(world):
    alice = world.person()

    async with world.http(alice) as http:
        off = await http.patch("/me", json={"send_read_receipts": False})
        renamed = await http.patch("/me", json={"display_name": f"New {alice.username}"})
        kept = (await http.get("/me")).json()

    told = await until_told(world, f"New {alice.username}")
    assert b'"send_read_receipts":false' in told
    assert (off.status_code, off.json()["send_read_receipts"]) == (200, False)
    assert renamed.json()["send_read_receipts"] is kept["send_read_receipts"] is False


async def test_of_two_changes_none_is_made_where_one_is_wrong(world):
    alice = world.person()
    both = {"display_name": "Else", "send_read_receipts": False}

    async with world.http(alice) as http:
        wrong = await http.patch("/me", json=both | {"display_name": "a\nb"})
        before = (await http.get("/me")).json()
        answer = await http.patch("/me", json=both)

    assert (wrong.status_code, before["send_read_receipts"]) == (400, True)
    assert answer.json()["user"]["display_name"] == "Else"
    assert answer.json()["send_read_receipts"] is False


@pytest.mark.parametrize("value", ["yes", 1, 0, None, []])
async def test_privacy_is_on_or_off(world, value):
    alice = world.person()

    async with world.http(alice) as http:
        answer = await http.patch("/me", json={"send_read_receipts": value})
        kept = (await http.get("/me")).json()["send_read_receipts"]

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["send_read_receipts"])
    assert kept is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"display_name": "Somebody"},
        {"send_read_receipts": True},
        {"last_seen": "everyone"},
        {"favourite_colour": "blue"},
    ],
)
async def test_what_changes_nothing_is_told_to_nobody(world, body):
    alice = world.person("Somebody")

    with world.transaction() as cursor:
        cursor.execute("lock table outbox in share mode")  # nobody may write into it
        async with world.http(alice) as http:
            answer = await http.patch("/me", json=body)

    assert (answer.status_code, answer.json()["user"]["display_name"]) == (200, "Somebody")


async def test_a_change_and_its_announcement_are_one_transaction(world):
    alice = world.person("Somebody")

    with world.transaction() as cursor:
        cursor.execute("lock table outbox in share mode")
        async with world.http(alice) as http:
            refused = await http.patch("/me", json={"display_name": "Else"})
            unchanged = (await http.get("/me")).json()["user"]["display_name"]
    async with world.http(alice) as http:
        await http.patch("/me", json={"display_name": "Else"})
        changed = (await http.get("/me")).json()["user"]["display_name"]

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert (unchanged, changed) == ("Somebody", "Else")


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 81, "a\u202eb", "a\nb", "\u200b", 7, None, ["x"]]
)
async def test_a_name_that_is_none_is_refused(world, name):
    alice = world.person("Somebody")

    async with world.http(alice) as http:
        answer = await http.patch("/me", json={"display_name": name})
        kept = (await http.get("/me")).json()["user"]["display_name"]

    assert answer.status_code == 400
    assert "display_name" in answer.json()["errors"]
    assert kept == "Somebody"


async def test_nobody_has_no_profile(world):
    async with world.http(None) as http:
        answers = [await http.get("/me"), await http.patch("/me", json={"display_name": "x"})]

    assert [answer.status_code for answer in answers] == [401, 401]
