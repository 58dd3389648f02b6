"""Databases that are set back to a backup: what is there again, what is gone, and that chat goes on."""

import asyncio
import contextlib

import httpx
import pytest

from clients.python import parley
from dev.harness import RunningSuite
from dev.manage import manage
from dev.services import SERVICES
from tests.background import in_background, repeating
from tests.integration.restoring.backup import Backup
from tests.integration.waiting import WITHIN_S, until

pytestmark = pytest.mark.timeout(300)
PASSWORD = "quite a long password"
RECEIPTS = SERVICES[-1]


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """One whose databases are set back by each test: take people of your own."""
    suite = RunningSuite.start(tmp_path_factory.mktemp("restored") / "run")
    yield suite
    assert suite.stop() == 0, suite.log


@pytest.fixture
def backup(suite, tmp_path):
    """A backup that is not made yet."""
    return Backup(suite, tmp_path)


@pytest.fixture
async def people(suite, tmp_path):
    """Ann and Bob, connected, and Cara, who is away; all in one room."""
    names = [f"{name}-{tmp_path.name[-12:].strip('_-')}" for name in ("ann", "bob", "cara")]
    async with contextlib.AsyncExitStack() as stack:
        chats = []
        for name in names:
            chat = await parley.register(suite.state.gateway_url, name, PASSWORD)
            stack.push_async_callback(chat.close)
            chats.append(chat)
        for chat in chats[:2]:
            await stack.enter_async_context(chat)
        people = People(*chats)
        people.others = names[1:]
        people.room = (await people.ann.group_room("Team", people.others)).id
        await stack.enter_async_context(in_background(people.listen()))
        yield people


class People:
    """See the fixture."""

    def __init__(self, ann, bob, cara):
        self.ann, self.bob, self.cara = ann, bob, cara
        self.others = []
        self.room = ""
        self.heard = []

    async def listen(self):
        """Note what comes to Bob."""
        async for message in self.bob.messages():
            self.heard.append(message.client_id)

    async def say(self, *texts, room=None):
        """Have Ann write, and Bob read it."""
        for text in texts:
            await self.say_one(text, room or self.room)

    async def say_one(self, text, room):
        """Have Ann write a message, and Bob read it."""
        sent = await self.ann.send(room, text)
        await until(lambda: sent.client_id in self.heard)
        self.bob.read(room)
        await until(lambda: self.read_by_bob(room) >= sent.seq)

    def read_by_bob(self, room):
        """Return up to where Ann knows that Bob has read."""
        marks = self.ann.marks(room).get(self.bob.user_id)
        return marks.read_seq if marks else 0

    async def texts(self):
        """Return what stands in the room."""
        page = await self.ann.api.history(self.room, limit=100)
        return [message.content for message in page.messages]

    async def until_waiting(self, count):
        """Wait until so many messages wait for Cara."""

        async def waiting():
            return (await self.cara.api.get_queue_status()).incoming

        while await waiting() != count:
            await asyncio.sleep(0.1)


async def agree(suite):
    """Wait until receipts and chat agree about every room."""
    while await asyncio.to_thread(manage, suite.run_dir, RECEIPTS, ("reconcile",)):
        await asyncio.sleep(1)


async def test_all_four_go_back_to_one_moment_and_who_is_connected_goes_on(suite, backup, people):
    await people.say("kept")
    async with repeating(lambda: people.say("meanwhile")):
        await asyncio.to_thread(backup.make)
    await people.say("lost", "lost too")
    token = people.ann.credentials.token

    await asyncio.to_thread(backup.restore, ("receipts", "queue", "presence", "chat"))
    await people.say("new")

    texts = await people.texts()
    assert set(texts[1:-1]) <= {"meanwhile"}
    assert (texts[0], texts[-1]) == ("kept", "new")
    await people.until_waiting(len(texts))
    await agree(suite)
    bearer = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=suite.state.gateway_url, headers=bearer, timeout=WITHIN_S
    ) as http:
        assert (await http.get("/api/chat/auth/session")).status_code == 200


@pytest.mark.full
async def test_of_chat_alone_the_others_learn_everything_anew(suite, backup, people):
    await people.say("kept", "kept too")
    await asyncio.to_thread(backup.make)
    await people.say(*["lost"] * 5)

    await asyncio.to_thread(backup.restore, ["chat"], anew=("receipts", "queue", "presence"))
    await people.say("new")

    assert await people.texts() == ["kept", "kept too", "new"]
    await people.until_waiting(3)
    await agree(suite)


@pytest.mark.full
async def test_the_others_catch_up_with_a_newer_chat(suite, backup, people):
    await people.say("before")
    await asyncio.to_thread(backup.make)
    later = (await people.ann.group_room("Later", people.others)).id
    await people.say("after", "after that")
    await people.say("only chat knows this room", room=later)

    await asyncio.to_thread(backup.restore, ("receipts", "queue", "presence"))
    await people.until_waiting(4)
    while len([mark async for mark in people.ann.api.receipts(later) if mark.read_seq == 1]) < 2:
        await asyncio.sleep(0.1)
    await people.say("new", room=later)
    await agree(suite)
