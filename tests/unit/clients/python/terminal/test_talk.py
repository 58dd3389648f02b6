"""A talk on a screen that the test types on, with a server whose every frame the test plays."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from clients.python import parley
from clients.python.terminal.directory import Directory
from clients.python.terminal.lines import Laid, plain
from clients.python.terminal.model import Model
from clients.python.terminal.people import People
from clients.python.terminal.running import Runner
from clients.python.terminal.talk import Talk
from clients.python.terminal.ticks import Ticks
from clients.python.terminal.view import View
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import Peer, Server, Web, chat_with, problem, until

ROOMS = (
    fakes.room("r", last_seq=3, delivered_seq=3, members=["me", "bob"]),
    {**fakes.room("t", kind="group", member_count=3), "name": "Team"},
    fakes.room("late", last_seq=3, delivered_seq=2),
)


class FakeScreen:
    """Keeps what is shown; types what the test says, and looks away when the test says so."""

    columns = 80
    redraws = True
    is_watched = True

    def __init__(self) -> None:
        self.laid: list[Laid] = []
        self.watched: list[Callable[[], None]] = []
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def lines(self) -> list[str]:
        return [plain(laid) for laid in self.laid]

    def show(self, lines: Sequence[Laid]) -> None:
        self.laid += lines

    def when_watched(self, call: Callable[[], None]) -> None:
        self.watched.append(call)

    def look(self) -> None:
        self.is_watched = True
        for call in self.watched:
            call()

    def refresh(self) -> None:
        pass

    async def read(self) -> str | None:
        return await self.keys.get()

    async def close(self) -> None:
        pass


@dataclass
class Stage:
    peer: Peer
    screen: FakeScreen
    view: View
    chat: parley.Chat
    talk: Talk
    model: Model
    ended: list[parley.ParleyError | None] = field(default_factory=list)

    def type(self, line: str | None) -> None:
        self.screen.keys.put_nowait(line)

    async def shows(self, text: str) -> None:
        await until(lambda: any(text in line for line in self.screen.lines))

    async def shows_nothing_unread_but(self, count: int) -> None:
        await until(lambda: self.model.unread_elsewhere() == count)

    @property
    def above(self) -> list[str]:
        return [plain(line) for line in self.view.live(80)]


@pytest.fixture
async def stage(server: Server, web: Web) -> AsyncIterator[Stage]:
    people = [{"id": "me", "username": "alice"}, {"id": "bob", "username": "bob"}]
    history = [fakes.message("r", seq) for seq in (1, 2, 3)]
    page = {"messages": history, "has_more": False}
    web.answer("GET /api/chat/users", lambda request: httpx.Response(200, json={"users": people}))
    web.answer("GET /api/chat/rooms/r/messages", lambda request: httpx.Response(200, json=page))
    late = {"messages": [fakes.message("late", 3)], "has_more": True}
    web.answer("GET /api/chat/rooms/late/messages", lambda request: httpx.Response(200, json=late))
    async with chat_with(server, web, *ROOMS) as (chat, peer):
        known, model, screen = People(chat.api.users_by_id), Model(chat.rooms, "me"), FakeScreen()
        view = View(model, known, Ticks(chat.progress))
        talk = Talk(chat, model=model, people=known, view=view, screen=screen)
        directory = Directory(chat, model, known)
        runner = Runner(chat, talk, directory=directory, model=model, people=known, view=view)
        made = Stage(peer, screen, view, chat, talk, model)

        async def run() -> None:
            made.ended.append(await talk.run(runner.run))

        running = asyncio.create_task(run())
        yield made
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def opened(stage: Stage) -> None:
    stage.type("/open 1")
    await stage.shows("bob │ text 3")


async def sent(stage: Stage, text: str) -> dict[str, Any]:
    stage.type(text)
    return await stage.peer.hear("message")


async def test_an_own_message_waits_above_the_prompt_until_it_has_its_place(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    waiting = stage.above
    await stage.peer.acknowledge(frame, 4)
    await stage.shows("you ✓ hello")

    assert [line.strip() for line in waiting] == ["you … hello"]
    assert stage.above == []


async def test_a_stored_message_behind_a_hole_is_marked_but_not_placed(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    await stage.peer.acknowledge(frame, 5)
    await until(lambda: [line.strip() for line in stage.above] == ["you ✓ hello"])
    before = list(stage.screen.lines)
    await stage.peer.message("r", 4)
    await stage.shows("you ✓ hello")

    assert not any("hello" in line for line in before)
    assert [line.split()[-1] for line in stage.screen.lines[-2:]] == ["4", "hello"]


async def test_a_refused_message_says_why_and_can_be_sent_again_under_its_id(stage):
    await opened(stage)
    first = await sent(stage, "hello")
    await stage.peer.say(type="error", code="permission_denied", ref=first["ref"], message="No.")
    await stage.shows("you ! hello")
    await stage.shows("Not sent: No.")
    again = await sent(stage, "/retry")
    await stage.peer.acknowledge(again, 4)
    await stage.shows("you ✓ hello")

    assert again["client_id"] == first["client_id"]


async def test_a_message_written_while_offline_is_sent_later(stage, server):
    await opened(stage)
    stage.chat.abort()
    await until(lambda: not stage.chat.connected)
    stage.type("hello")
    await until(lambda: len(stage.above) == 1)
    peer = await server.accept(*ROOMS)
    frame = await peer.hear("message")
    await peer.acknowledge(frame, 4)

    await stage.shows("you ✓ hello")


async def test_a_room_is_opened_with_what_is_new_below_a_line_and_reported_as_read(stage):
    await opened(stage)
    receipt = await stage.peer.hear("read_receipt")

    texts = [line.strip("─ ") for line in stage.screen.lines]
    assert texts[0] == "Bob (@bob)"
    assert texts[1] == "3 new"
    assert (receipt["room"], receipt["seq"]) == ("r", 3)


async def test_a_message_of_another_room_is_one_quiet_line(stage):
    await opened(stage)
    await stage.peer.message("t", 1)
    await stage.shows("» [2] Team, bob: text 1")

    assert "│" not in stage.screen.lines[-1]


async def test_what_one_writes_elsewhere_on_another_device_is_not_told(stage):
    await opened(stage)
    await stage.peer.message("t", 1, sender="me")
    await stage.peer.message("t", 2)
    await stage.shows("» [2] Team, bob: text 2")

    assert not any("text 1" in line for line in stage.screen.lines if "»" in line)


async def test_a_message_that_history_brought_is_not_shown_again(stage):
    stage.type("/open 3")
    await stage.shows("bob │ text 3")
    await stage.peer.message("late", 3)
    await stage.peer.message("late", 4)
    await stage.shows("bob │ text 4")

    assert sum("text 3" in line for line in stage.screen.lines) == 1


async def test_nothing_is_sent_where_no_room_is_open(stage):
    stage.type("hello")
    await stage.shows("Open a conversation first")
    assert stage.talk.any_refused
    await opened(stage)
    first = await sent(stage, "here")

    assert first["content"] == "here"


async def test_what_is_too_long_is_not_sent_at_all(stage):
    await opened(stage)
    stage.type("x" * 4097)

    await stage.shows("Not sent: 4097 characters, and 4096 are the most.")
    assert stage.above == []


async def test_being_removed_closes_the_room(stage):
    await opened(stage)
    await stage.peer.say(type="room", id="r", removed=True)
    await stage.shows("You are no longer in Bob.")
    await stage.peer.say(**ROOMS[0], type="room")
    await until(lambda: "r" in stage.chat.rooms)

    assert plain(stage.view.prompt()) == "no conversation >"


async def test_leaving_with_unsent_messages_has_to_be_said_twice(stage):
    await opened(stage)
    await sent(stage, "hello")
    stage.type(None)
    await stage.shows("Not everything is sent yet.")
    early = list(stage.ended)
    stage.type("/quit")
    await until(lambda: bool(stage.ended))

    assert early == []
    assert stage.ended == [None]


async def test_a_server_that_does_not_answer_a_command_ends_nothing(stage, web):
    web.answer("GET /api/chat/rooms/r/messages", lambda request: problem(503, "unavailable"))
    stage.type("/open 1")
    await stage.shows("The server cannot be reached at the moment.")

    assert plain(stage.view.prompt()) == "no conversation >"
    assert stage.ended == []


async def test_the_end_of_the_chat_ends_the_talk_with_its_error(stage):
    await stage.peer.connection.close(1009)
    await until(lambda: bool(stage.ended))

    assert isinstance(stage.ended[0], parley.Closed)


@pytest.mark.parametrize("line", ["/history many", "/reply x y"])
async def test_a_number_that_is_none_is_explained(stage, line):
    await opened(stage)
    stage.type(line)

    await stage.shows("Like this: /")


async def test_an_answer_names_what_it_answers(stage):
    await opened(stage)
    frame = await sent(stage, "/reply #2  yes,  indeed")

    assert (frame["reply_to"], frame["content"]) == (2, "yes,  indeed")


def status(room: str, **marks: int) -> dict[str, Any]:
    lowest = [{"user": user, "delivered_seq": 9, "read_seq": read} for user, read in marks.items()]
    return {"type": "status", "room": room, "lowest": lowest}


async def test_ticks_on_the_screen_move_when_the_others_do(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    await stage.peer.acknowledge(frame, 4)
    await stage.shows("you ✓ hello")
    await stage.peer.say(**status("r", me=9, bob=3))
    await stage.shows("you✓✓ hello")

    assert not any("you ✓ hello" in line for line in stage.screen.lines)


async def test_nothing_is_read_while_nobody_looks(stage):
    await opened(stage)
    await stage.peer.hear("read_receipt")
    stage.screen.is_watched = False
    await stage.peer.message("r", 4)
    await stage.shows("bob │ text 4")
    await stage.peer.hear("delivered")
    unread = stage.model.unread("r")
    stage.screen.look()
    receipt = await stage.peer.hear("read_receipt")

    assert unread == 1
    assert receipt["seq"] == 4
    assert stage.model.unread("r") == 0


async def test_what_another_device_reads_is_not_unread_here(stage):
    await stage.shows_nothing_unread_but(6)
    own = {"user": "me", "delivered_seq": 3, "read_seq": 3, "at": fakes.DAY}
    await stage.peer.say(**status("r"), members=[own])

    await stage.shows_nothing_unread_but(3)


async def test_who_read_a_message_is_asked_of_the_receipts_service(stage, web):
    members = [{"user": "bob", "delivered": True, "read": True, "read_at": fakes.DAY}]
    web.answer(
        "GET /api/receipts/rooms/r/messages/3",
        lambda request: httpx.Response(200, json={"members": members, "next": None}),
    )
    await opened(stage)
    stage.type("/who #3")

    await stage.shows("read by")


async def test_reading_can_be_kept_to_oneself(stage, web):
    def change(request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content)
        return httpx.Response(200, json={"user": {"id": "me"}, **given})

    web.answer("PATCH /api/chat/me", change)
    web.answer("GET /api/chat/me", lambda r: httpx.Response(200, json={"user": {"id": "me"}}))
    stage.type("/receipts off")
    await stage.shows("Others do not see what you read.")
    stage.type("/receipts on")
    await stage.shows("Others see what you have read.")
    stage.type("/receipts")
    await stage.shows("This server tells others what you have read")
    stage.type("/receipts maybe")
    await stage.shows("Like this: /receipts off")
