"""A talk on a screen that the test types on, with a server whose every frame the test plays."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clients.python import parley
from clients.python.terminal.lines import Laid, plain
from clients.python.terminal.model import Model
from clients.python.terminal.talk import Talk
from clients.python.terminal.view import View
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import Peer
from tests.waiting import until

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
        self.touch: Callable[[], None] = lambda: None
        self.write: Callable[[str], None] = lambda text: None
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def lines(self) -> list[str]:
        return [plain(laid) for laid in self.laid]

    def show(self, lines: Sequence[Laid]) -> None:
        self.laid += lines

    def when_watched(self, call: Callable[[], None]) -> None:
        self.watched.append(call)

    def when_touched(self, call: Callable[[], None]) -> None:
        self.touch = call

    def when_typed(self, call: Callable[[str], None]) -> None:
        self.write = call

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


async def opened(stage: Stage) -> None:
    stage.type("/open 1")
    await stage.shows("bob │ text 3")


async def sent(stage: Stage, text: str) -> dict[str, Any]:
    stage.type(text)
    return await stage.peer.hear("message")
