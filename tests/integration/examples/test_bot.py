"""The bot of examples/bot on the installed client, beside the real suite."""

import asyncio
import contextlib
import uuid

import pytest
from redis import Redis

from clients.python import parley
from dev.settings import ROOT
from tests.integration.packages.elsewhere import WITHIN_S, Elsewhere, build_wheel
from tests.integration.waiting import until

PASSWORD = "quite a long password"
BOT = ROOT / "examples" / "bot" / "bot.py"
FOR_GOOD, TRY_AGAIN = 1, 75


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Somebody's own folder with the bot in it; the client is installed there."""
    wheel = build_wheel(tmp_path_factory.mktemp("wheel"))
    elsewhere = Elsewhere(tmp_path_factory.mktemp("elsewhere"), wheel)
    elsewhere.write(BOT.name, BOT.read_text(encoding="utf-8"))
    return elsewhere


@pytest.fixture
def run_bot(elsewhere, world):
    """Run the bot for as long as the block lasts."""
    return lambda name: elsewhere.running(BOT.name, world.url, name, password=PASSWORD)


@pytest.fixture
async def name():
    """A bot's, whom nobody has registered yet."""
    return f"{uuid.uuid4().hex[:8]}-bot"


@pytest.fixture
async def ann(world):
    """Somebody who writes to bots."""
    async with await parley.with_token(world.url, world.person("Ann").token) as chat:
        yield chat


async def meet(ann, name):
    """Wait until the bot has registered itself; return the room with it."""
    async with asyncio.timeout(WITHIN_S):
        while not await ann.api.users(name):
            await asyncio.sleep(0.05)
    return (await ann.direct_room(name)).id


async def answers_in(ann, room, count):
    """Wait for so many answers; return all that there are then, by the message that each answers."""
    found: list[tuple[int | None, str]] = []

    async def enough():
        page = await ann.api.history(room, limit=100)
        found[:] = [
            (one.reply_to, one.content) for one in page.messages if one.sender != ann.user_id
        ]
        return len(found) >= count

    async with asyncio.timeout(WITHIN_S):
        while not await enough():
            await asyncio.sleep(0.1)
    return found


def sessions_of(world, ann, room):
    """Return the open sessions of the other one in a direct room."""
    (other,) = {*ann.rooms[room].members} - {ann.user_id}
    with Redis.from_url(world.suite.state.redis_url) as redis:
        return redis.hkeys(f"presence.connections:{{0}}:{other}")


async def test_it_answers_and_has_read(run_bot, ann, name):
    with run_bot(name):
        room = await meet(ann, name)
        sent = await ann.send(room, "count one two three")
        async with asyncio.timeout(WITHIN_S), contextlib.aclosing(ann.messages()) as messages:
            answer = await anext(messages)
        await until(lambda: ann.progress(room, sent.seq) is parley.Progress.READ)

    assert (answer.content, answer.reply_to) == ("3 words", sent.seq)


async def test_in_a_group_it_answers_who_names_it_and_is_a_person(run_bot, world, ann, name):
    other = f"{uuid.uuid4().hex[:8]}-bot"
    async with await parley.register(world.url, other, PASSWORD) as bot:
        with run_bot(name):
            await meet(ann, name)
            room = (await ann.group_room("Team", [name, other])).id
            await until(lambda: room in bot.rooms)
            await ann.send(room, "ping")
            await bot.send(room, f"{name} ping")
            asked = await ann.send(room, f"@{name}: ping")
            sender = {one.id for one in await ann.api.users(name)}
            async with asyncio.timeout(WITHIN_S):
                async for message in ann.messages():
                    if message.sender in sender:
                        break

    assert (message.content, message.reply_to) == ("pong", asked.seq)


async def test_two_of_it_answer_once(run_bot, world, ann, name):
    with run_bot(name):
        room = await meet(ann, name)
        with run_bot(name):
            await until(lambda: len(sessions_of(world, ann, room)) == 2)
            sent = [(await ann.send(room, "ping")).seq for _ in range(5)]
            await answers_in(ann, room, 5)
            # Who is second to read has answered those by then, or never will.
            last = await ann.send(room, "help")
            found = await answers_in(ann, room, 6)

    assert sorted(seq for seq, _ in found) == [*sent, last.seq]


async def test_a_restart_of_chat_or_of_the_bot_makes_no_answer_twice_and_none_missing(
    run_bot, world, ann, name
):
    with run_bot(name):
        room = await meet(ann, name)
        sent = [(await ann.send(room, "ping")).seq for _ in range(3)]
        with world.suite.stopped("chat"):
            pass
        sent += [(await ann.send(room, "ping")).seq for _ in range(3)]
        await answers_in(ann, room, 4)
    sent += [(await ann.send(room, "ping")).seq for _ in range(3)]
    with run_bot(name):
        await answers_in(ann, room, len(sent))
        last = await ann.send(room, "ping")
        found = await answers_in(ann, room, len(sent) + 1)

    assert sorted(seq for seq, _ in found) == [*sent, last.seq]


@pytest.mark.parametrize(
    ("url", "password", "status"),
    [("http://127.0.0.1:1", PASSWORD, TRY_AGAIN), (None, "another password", FOR_GOOD)],
)
async def test_it_says_whether_another_start_is_worth_trying(
    elsewhere, world, name, url, password, status
):
    await (await parley.register(world.url, name, PASSWORD)).close()

    done = elsewhere.ends(BOT.name, url or world.url, name, password=password)

    assert done.returncode == status, done.stderr


def test_its_types_are_right(elsewhere):
    assert elsewhere.mypy(BOT.name) == ""
