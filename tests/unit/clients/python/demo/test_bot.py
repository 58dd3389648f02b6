"""The bot on a chat whose server the test plays, in no time."""

import asyncio
import contextlib
import itertools
from typing import Any, cast

import httpx
import pytest

from clients.python.demo.bot import Bot
from clients.python.demo.deciding import AWAY_S, SLEEP_S
from clients.python.demo.door import Door
from clients.python.demo.script import CLIENT_IDS
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import chat_with
from tests.waiting import WITHIN_S, until

DIRECT = fakes.room("r", last_seq=3, delivered_seq=3)
GROUP = fakes.room("g", kind="group", last_seq=3, delivered_seq=3)


class Stage:
    """A bot, and what its server hears of it.

    ``held`` are the seconds whose waits last until ``let_go`` is set; all others are over at once.
    """

    def __init__(self, server, chat, peer, door):
        self.server, self.chat, self.peer = server, chat, peer
        self.held: set[float] = set()
        self.let_go = asyncio.Event()
        self.bot = Bot(chat, door, pause=self.pause)
        self.heard: list[dict[str, Any]] = []
        self._seqs = {room: itertools.count(4) for room in ("r", "g")}

    async def pause(self, seconds):
        await (self.let_go.wait() if seconds in self.held else asyncio.sleep(0))

    async def tell(self, content, *, room="r", sender="ann", **members):
        await self.peer.message(room, next(self._seqs[room]), sender, content=content, **members)

    async def first(self, kind, **members):
        """Return the first frame like that which was not asked for yet, whatever came before."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for frame in self.heard:
                    if frame["type"] == kind and members.items() <= frame.items():
                        self.heard.remove(frame)
                        return frame
                self.heard.append(await self.peer.received.get())

    async def answer(self):
        """Return the next message of the bot, after storing it."""
        frame = await self.first("message")
        await self.peer.acknowledge(frame, next(self._seqs[frame["room"]]))
        return frame


@pytest.fixture
async def stage(server, web):
    def people(request):
        ids = request.url.params["ids"].split(",")
        return httpx.Response(200, json={"users": [{"id": one, "username": one} for one in ids]})

    web.answer("GET /api/chat/users", people)
    door = Door()
    async with chat_with(server, web, DIRECT, GROUP, open_socket=door.open_socket) as (chat, peer):
        stage = Stage(server, chat, peer, door)
        running = asyncio.create_task(stage.bot.run())
        yield stage
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_it_reads_types_and_answers(stage):
    await stage.tell("hello")

    typing = await stage.first("typing")
    answer = await stage.answer()
    receipt = await stage.first("read_receipt")

    assert (typing["room"], typing["is_typing"]) == ("r", True)
    assert (receipt["room"], receipt["seq"]) == ("r", 4)
    assert (answer["room"], answer.get("reply_to")) == ("r", None)


async def test_in_a_group_it_replies(stage):
    await stage.tell("bot, who are you?", room="g")

    answer = await stage.answer()

    assert (answer["room"], answer["reply_to"]) == ("g", 4)


async def test_neither_a_program_nor_the_past_is_answered_but_both_are_read(stage):
    await stage.tell("hello", sender="echo-bot")
    await stage.tell("hello", client_id=min(CLIENT_IDS))
    await stage.first("read_receipt", seq=5)
    await stage.tell("quote")

    answer = await stage.answer()

    assert answer["reply_to"] == 6
    assert [frame for frame in stage.heard if frame["type"] == "message"] == []


async def test_while_it_waits_in_one_room_it_answers_in_another(stage):
    stage.held = {10.0}
    await stage.tell("later")
    await stage.answer()
    await stage.tell("bot, hello", room="g")

    elsewhere = await stage.answer()
    stage.let_go.set()
    late = await stage.answer()

    assert (elsewhere["room"], late["room"]) == ("g", "r")


async def test_a_text_that_is_taken_back_is_told(stage):
    await stage.tell("type")

    await stage.first("typing", is_typing=True)
    taken_back = await stage.first("typing", is_typing=False)

    assert taken_back["room"] == "r"


async def test_it_is_away_for_as_long_as_it_says(stage):
    stage.held = {AWAY_S}
    await stage.tell("away")
    await stage.answer()

    away = await stage.first("activity")
    stage.let_go.set()
    back = await stage.first("activity", state="active")

    assert (away["state"], back["state"]) == ("away", "active")


async def test_asleep_it_has_no_connection_and_goes_on_when_it_is_back(stage):
    stage.held = {SLEEP_S}
    await stage.tell("sleep")
    await stage.answer()
    await until(lambda: not stage.chat.connected)

    assert stage.server.peers.empty()
    stage.let_go.set()
    stage.peer = await stage.server.accept(fakes.room("r", last_seq=5, delivered_seq=5), GROUP)
    good_morning = await stage.answer()

    assert good_morning["room"] == "r"


async def test_what_the_server_refuses_does_not_keep_it_from_the_next(stage):
    await stage.tell("hello bot", room="g")
    refused = await stage.first("message")
    await stage.peer.say(type="error", code="permission_denied", ref=refused["ref"])
    await stage.tell("hello")

    answer = await stage.answer()

    assert answer["room"] == "r"


async def test_it_says_again_and_again_that_it_is_there():
    class Enough(Exception):
        pass

    class Listener:
        def __init__(self):
            self.told: list[str] = []

        def activity(self, state):
            self.told.append(state)

    async def pause(seconds):
        if len(listener.told) == 3:
            raise Enough

    listener = Listener()
    bot = Bot(cast(Any, listener), Door(), pause=pause)

    with pytest.raises(Enough):
        await bot.stay()

    assert listener.told == ["active"] * 3
