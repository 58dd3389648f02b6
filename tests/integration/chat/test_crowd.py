"""People for load tests are made in bulk, and are like those who came by themselves."""

import asyncio
import json
import uuid
from itertools import groupby

import pytest
from django.core.management import CommandError, call_command

from clients.python import parley
from tests.integration.chat.client import WITHIN_S
from tests.integration.chat.signing_in import manage

CONTENT = "Is anybody there?"


def crowd(world, *shapes):
    """Return, by room, who was made."""
    made = manage(world, "crowd", *shapes)
    assert made.returncode == 0, made.stderr
    people = [json.loads(line) for line in made.stdout.splitlines()]
    return [list(group) for _, group in groupby(people, key=lambda each: each["room"])]


async def test_two_of_a_crowd_write_to_each_other_and_see_that_it_was_received(world):
    ((one, other),) = crowd(world, "1x2")
    async with (
        await parley.Socket.open(world.chats[0], token=one["token"]) as author,
        await parley.Socket.open(world.chats[1], token=other["token"]) as reader,
    ):
        welcome = await author.receive_type("welcome")
        await reader.receive_type("welcome")
        await author.send(
            {
                "type": "message",
                "room": one["room"],
                "client_id": str(uuid.uuid4()),
                "content": CONTENT,
            }
        )
        message = await reader.receive_type("message")
        await reader.send({"type": "delivered", "room": one["room"], "seq": message["seq"]})
        async with asyncio.timeout(WITHIN_S):
            while (await author.receive_type("status"))["lowest"][0]["delivered_seq"] < 1:
                pass

    assert [room["kind"] for room in welcome["rooms"]] == ["direct"]
    assert (message["sender"], message["content"]) == (one["user"], CONTENT)


async def test_rooms_of_other_sizes_are_groups_with_one_owner_and_noted_as_such(world):
    groups = crowd(world, "2x3", "1x1")
    rooms = [group[0]["room"] for group in groups]

    roles = world.rows(
        "select role, count(*) from member where room_id = any(%s::uuid[]) group by 1 order by 1",
        rooms,
    )
    noted = world.rows(
        "select count(*) from audit_entry where room_id = any(%s::uuid[])"
        " and action = 'room_created'",
        rooms,
    )

    assert [len(group) for group in groups] == [3, 3, 1]
    assert [tuple(row) for row in roles] == [("member", 4), ("owner", 3)]
    assert noted[0][0] == 3


@pytest.mark.parametrize("shape", ["500", "0x2", "2x0", "1x1025", "axb", "2x2x2"])
def test_what_is_no_shape_of_a_room_is_refused_with_a_sentence(shape):
    with pytest.raises(CommandError, match="not ROOMSxPEOPLE, with 1 to 1024 people"):
        call_command("crowd", shape)
