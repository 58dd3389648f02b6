"""A process that hangs for a moment while members change through the other: it hears all at once."""

import asyncio
import contextlib
import os
import signal

from tests.integration.chat import groups
from tests.integration.chat.sessions import LONG_S, until_polls, write

HUNG = 1
"""The process that hangs; the other one goes on."""


@contextlib.contextmanager
def hung(world):
    """Hang one process inside the block: it hears of nothing, and goes on where it was."""
    pid = world.suite.process("chat", index=HUNG).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def remove_write_add_remove(world, owner, room, person):
    """Write something while somebody is out; let them come back and go again."""
    member = f"/rooms/{room}/members/{person.id}"
    async with world.http(owner, url=world.chats[1 - HUNG]) as http:
        removed = await http.delete(member)
        await write(http, room, "secret")
        added = await http.post(f"/rooms/{room}/members", json={"members": [person.id]})
        again = await http.delete(member)
    assert [a.status_code for a in (removed, added, again)] == [204, 200, 204]


async def test_a_socket_is_told_of_the_removal_and_nothing_of_what_was_written_while_out(world):
    owner, bob = world.people(2)
    room = await groups.opened(world, owner, bob)

    async with world.client(bob, url=world.chats[HUNG]) as client:
        with hung(world):
            await remove_write_add_remove(world, owner, room, bob)
        await client.until(lambda: any(f.get("removed") for f in client.frames), what="removed")

    assert client.messages(room) == []


async def test_a_poll_is_told_of_the_removal_and_nothing_of_what_was_written_while_out(world):
    owner, bob = world.people(2)
    room = await groups.opened(world, owner, bob)
    body = {"cursors": {room: 0}, "versions": {room: 1}, "wait_s": LONG_S}

    async with world.http(bob, url=world.chats[HUNG]) as http:
        task = asyncio.create_task(http.post("/sync", json=body))
        await until_polls(world, 1, process=HUNG)
        with hung(world):
            await remove_write_add_remove(world, owner, room, bob)
        answer = (await task).json()

    assert answer["messages"] == []
    assert [(each["id"], each["removed"]) for each in answer["changed"]] == [(room, True)]
