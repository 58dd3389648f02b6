"""The demo, with the real services behind it."""

import asyncio
import contextlib

from clients.python import parley
from clients.python.demo.cast import ADA, BOT, PASSWORD, PEOPLE
from clients.python.demo.company import keep_company
from clients.python.demo.script import CONVERSATIONS
from clients.python.demo.seeding import seed
from clients.python.demo.server_room import SERVER_ROOM
from tests.integration.waiting import WITHIN_S, until

QUICKER = 50
"""How many times less the bot waits than it would for people."""


async def pause(seconds):
    await asyncio.sleep(seconds / QUICKER)


@contextlib.asynccontextmanager
async def company(world):
    keeping = asyncio.create_task(keep_company(world.url, pause=pause))
    yield
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping


async def ada_on(world):
    nothing_by_itself = parley.Options(automatic_receipts=False)
    return await parley.sign_in(world.url, ADA.username, PASSWORD, nothing_by_itself)


def kept(world):
    """What the database has of the demo: by room how many members, and messages by sender."""
    usernames = [person.username for person in PEOPLE]
    members = (
        "select room_id, count(*) from member join chat_user u on u.id = user_id"
        " where username = any(%s) group by room_id order by room_id"
    )
    messages = (
        "select room_id, username, count(*) from message join chat_user u on u.id = sender_id"
        " where username = any(%s) group by room_id, username order by room_id, username"
    )
    return world.rows(members, usernames), world.rows(messages, usernames)


async def test_what_is_said_twice_is_there_once(world):
    await seed(world.url)
    before = kept(world)
    new = await seed(world.url)
    async with await ada_on(world) as ada:
        [group] = [room.id for room in ada.rooms.values() if room.kind == "group"]
        unread = SERVER_ROOM.unread[ADA.username]
        await until(lambda: ada.rooms[group].last_seq - ada.rooms[group].read_seq == unread)
        page = await ada.api.history(group, limit=100)

    assert new == 0
    assert kept(world) == before
    assert [one.content for one in page.messages] == [line.text for line in SERVER_ROOM.lines]
    assert len(before[0]) == len(CONVERSATIONS)


async def test_the_bot_reads_what_one_writes_and_answers(world):
    await seed(world.url)
    async with company(world), await ada_on(world) as ada:
        room = await ada.direct_room(BOT.username)
        sent = await ada.send(room.id, "hello")
        async with asyncio.timeout(WITHIN_S):
            async for message in ada.messages():
                if message.room == room.id and message.seq > sent.seq:
                    break
        await until(lambda: ada.progress(room.id, sent.seq) is parley.Progress.READ)

        assert room.members is not None
        assert {message.sender, ada.user_id} == set(room.members)
