"""The stage as a fixture."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from clients.python.terminal.company import Company
from clients.python.terminal.directory import Directory
from clients.python.terminal.model import Model
from clients.python.terminal.people import People
from clients.python.terminal.running import Runner
from clients.python.terminal.talk import Talk
from clients.python.terminal.ticks import Ticks
from clients.python.terminal.view import View
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import Server, Web, chat_with
from tests.unit.clients.python.terminal.stage import ROOMS, FakeScreen, Stage


def no_patience() -> float:
    """Jitter that leaves a fiftieth of every pause."""
    return -0.96


@pytest.fixture
async def stage(server: Server, web: Web) -> AsyncIterator[Stage]:
    people = [{"id": "me", "username": "alice"}, {"id": "bob", "username": "bob"}]
    history = [fakes.message("r", seq) for seq in (1, 2, 3)]
    page = {"messages": history, "has_more": False}
    web.answer("GET /api/chat/users", lambda request: httpx.Response(200, json={"users": people}))
    web.answer("GET /api/chat/rooms/r/messages", lambda request: httpx.Response(200, json=page))
    late = {"messages": [fakes.message("late", 3)], "has_more": True}
    web.answer("GET /api/chat/rooms/late/messages", lambda request: httpx.Response(200, json=late))
    async with chat_with(server, web, *ROOMS, random=no_patience) as (chat, peer):
        known, model, screen = People(chat.api.users_by_id), Model(chat.rooms, "me"), FakeScreen()
        company = Company(
            known, presence=chat.presence, typists=chat.typists, now=lambda: chat.server_time
        )
        view = View(model, known, ticks=Ticks(chat.progress), company=company)
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
