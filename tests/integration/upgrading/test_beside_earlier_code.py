"""Today's schema under yesterday's code, beside today's: what everybody goes through in an upgrade.

One process of each service runs the code from before the newest migration, on the databases of a suite
of now; they share the work of all streams with those of the suite.
"""

import subprocess
from contextlib import ExitStack

import pytest

from dev.services import SERVICES
from tests.faults.extra_process import ExtraProcess
from tests.integration.upgrading.earlier_code import commit_before_the_newest_migration, take_out

pytestmark = pytest.mark.timeout(300)

COUNT = 30


@pytest.fixture
def earlier(world, tmp_path):
    """One process of each service, of the earlier code; who has not been stopped is killed."""
    try:
        take_out(commit_before_the_newest_migration(), tmp_path)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("EARLIER CODE IS NOT TRIED: there is no git here, or no history.")
    with ExitStack() as ends:
        processes = {}
        for service in SERVICES:
            process = ExtraProcess(world.suite, service.name, code=tmp_path)
            ends.callback(process.kill)
            processes[service.name] = process.start()
        yield processes


async def talk(one, other, room, start):
    """Have both write in turn; wait until both have all of it. Return what was acknowledged."""
    acked = []
    for number in range(start, start + COUNT, 2):
        for client in (one, other):
            content = f"{number} by {client.welcome['user']['id']}"
            acked.append(((await client.say(room, content))["seq"], content))
    for client in (one, other):
        await client.until(
            lambda client=client: {seq for seq, _ in acked} <= known_to(client, room),
            what="all that was said",
        )
    return acked


def known_to(client, room):
    """The seqs of which a client was told or for which it got an ack."""
    acks = {f["seq"] for f in client.frames if f["type"] == "ack" and f["room"] == room}
    return acks | set(client.seqs(room))


async def read_all(reader, room, author, by):
    """Report all as read; wait until the author sees it."""
    last = max(reader.seqs(room))
    await reader.socket.send({"type": "read_receipt", "room": room, "seq": last})
    await author.until_marks(room, by.id, read=last)


async def test_people_chat_over_processes_of_both_and_nothing_is_lost(world, earlier):
    ann, bob, carol = world.people(3)
    room = world.room(ann, bob, carol)
    world.tell(room)
    async with world.client(ann) as now:
        async with world.client(bob, url=earlier["chat"].url) as then:
            acked = await talk(now, then, room, 0)
            await read_all(then, room, now, bob)
            await read_all(now, room, then, ann)
            async with world.client(carol, url=earlier["chat"].url) as late:
                missed, _ = await late.sync({room: 0})
                acked += await talk(late, now, room, COUNT)

        statuses = [process.stop() for process in earlier.values()]
        async with world.client(bob) as again:
            acked += await talk(again, now, room, 2 * COUNT)
            await read_all(again, room, now, bob)

    stored = [(seq, content) for seq, _, content, _ in world.stored(room)]
    assert statuses == [0] * len(SERVICES)
    assert [(message["seq"], message["content"]) for message in missed] == stored[:COUNT]
    assert stored == sorted(acked)
    assert [seq for seq, _ in stored] == list(range(1, len(acked) + 1))
