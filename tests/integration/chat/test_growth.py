"""What a message costs must not grow with the tables: the writer reads by index only.

A plan that was made while the table of messages was empty would read it from end to end for ever.
"""

import asyncio

from tests.integration.chat.world import WITHIN_S

STORED = 20_000
"""Messages that are there before: enough to make a sequential scan cheaper than a wrong plan."""
EARLY = 20
"""Calls before, after which PostgreSQL would settle for a plan."""
SENT = 100
"""Fewer calls than the writer makes before it drops its plans: they must be right without that."""
COUNTED = "select seq_scan, n_tup_ins from pg_stat_user_tables where relname = 'message'"


async def settled_counts(world, inserted):
    """PostgreSQL counts late: wait until the messages that were sent are counted."""
    async with asyncio.timeout(WITHIN_S):
        while (counts := world.rows(COUNTED)[0])[1] < inserted:
            await asyncio.sleep(0.05)
    return counts


async def say_some(sender, room, count):
    for number in range(count):
        assert (await sender.say(room, f"message {number}"))["type"] == "ack"


async def test_no_message_is_looked_for_by_reading_the_whole_table(world):
    alice, bob = world.people(2)
    room, archive = world.room(alice, bob), world.room(alice, bob)
    begun = world.rows(COUNTED)[0][1]

    async with world.client(alice) as sender:
        await say_some(sender, room, EARLY)
        world.fill(archive, alice, STORED)
        scans, inserted = await settled_counts(world, begun + EARLY + STORED)
        await say_some(sender, room, SENT)

    after, _ = await settled_counts(world, inserted + SENT)
    assert after == scans
