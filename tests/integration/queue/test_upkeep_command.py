"""What waits for seven days expires, as an operator has it done beside the running service."""

import asyncio
import subprocess
import sys
import uuid

import pytest

from dev.services import UNUSED_SURROUNDINGS
from dev.settings import ROOT, environment
from tests.integration.waiting import until

pytestmark = pytest.mark.side_by_side

HEAD = """select head from room join queued_message row on row.room_id = room.id
          where row.recipient_id = %s"""
ENDING = """select row.ending, room.head from room join queued_message row on row.room_id = room.id
             where row.recipient_id = %s"""


async def upkeep(world):
    """Run the command; return what it prints."""
    url = {"DATABASE_URL": world.suite.state.database_urls["queue"]}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.queue", "upkeep"),
        cwd=ROOT,
        env={**environment(), **UNUSED_SURROUNDINGS, **url},
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


async def write(world, author, room, count):
    async with world.http(author) as http:
        for number in range(count):
            body = {"client_id": str(uuid.uuid4()), "content": f"number {number}"}
            await http.post(f"/rooms/{room}/messages", json=body)


async def test_what_has_waited_for_seven_days_is_not_pushed_but_stays_readable(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    await write(world, ann, room, 3)
    await until(lambda: world.rows_of("queue", HEAD, bob.id) == [(3,)], what="three")
    await upkeep(world)
    week = "update head_mark set at = at - interval '8 days' where room_id = %s"
    world.rows_of("queue", week, room)
    world.rows("update message set created_at = now() - interval '8 days' where room_id = %s", room)
    await write(world, ann, room, 2)
    await until(lambda: world.rows_of("queue", HEAD, bob.id) == [(5,)], what="five")

    said = await upkeep(world)
    async with world.http(bob, service="queue") as http:
        status = (await http.get("/status")).json()
    async with world.client(bob) as client:
        drained = await client.until_type("drained")
        replayed = [frame["seq"] for frame in client.messages(room)]
        synced = await client.ask({"type": "sync", "cursors": {room: 0}})
    async with world.http(bob) as http:
        history = (await http.get(f"/rooms/{room}/messages")).json()

    assert said.startswith("messages expired: ")  # 3, unless the service was faster
    assert (status["incoming"], status["expired_total"]) == (2, 3)
    assert (drained["count"], replayed) == (2, [4, 5])
    assert synced["rooms"][0]["truncated"] is True
    assert [message["seq"] for message in history["messages"]] == [1, 2, 3, 4, 5]


async def test_what_is_written_after_all_has_expired_is_pushed_again(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    await write(world, ann, room, 3)
    await until(lambda: world.rows_of("queue", HEAD, bob.id) == [(3,)], what="three")
    await upkeep(world)
    week = "update head_mark set at = at - interval '8 days' where room_id = %s"
    world.rows_of("queue", week, room)
    await upkeep(world)
    expired = world.rows_of("queue", ENDING, bob.id)
    await write(world, ann, room, 2)
    await until(lambda: world.rows_of("queue", ENDING, bob.id) == [("", 5)], what="two more")

    async with world.http(bob, service="queue") as http:
        status = (await http.get("/status")).json()
    async with world.client(bob) as client:
        drained = await client.until_type("drained")

    assert expired == [("expired", 3)]
    assert (status["incoming"], status["expired_total"]) == (2, 3)
    assert (drained["count"], client.seqs(room)) == (2, [4, 5])
