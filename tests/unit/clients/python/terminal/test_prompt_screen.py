"""What the screen tells of the keys, with a keyboard that the test presses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from clients.python.terminal.prompt_screen import PromptScreen
from clients.python.terminal.screen import Live
from tests.waiting import until

LIVE = Live(above=lambda columns: [], prompt=list, bar=list, complete=lambda text: [])
FOCUS_IN, FOCUS_OUT, LEFT, CTRL_C = "\x1b[I", "\x1b[O", "\x1b[D", "\x03"


@dataclass
class Desk:
    """A person at a screen, and what it told of them."""

    keyboard: PipeInput
    texts: list[str] = field(default_factory=list)
    touches: list[None] = field(default_factory=list)

    async def tells(self, *texts: str, touches: int) -> None:
        """Wait for these texts and so many signs since the last time."""
        await until(lambda: (self.texts, len(self.touches) >= touches) == ([*texts], True))
        self.texts.clear()
        self.touches.clear()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
    ):
        desk, screen = Desk(keyboard), PromptScreen(LIVE, colors=False)
        screen.when_touched(lambda: desk.touches.append(None))
        screen.when_typed(desk.texts.append)

        async def read() -> None:
            while await screen.read() is not None:
                pass

        reading = asyncio.create_task(read())
        yield desk
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await screen.close()


async def test_every_key_that_changes_the_text_tells_it(desk):
    desk.keyboard.send_text("hi\x7f")

    await desk.tells("h", "hi", "h", touches=3)


async def test_a_text_that_is_taken_back_is_told_as_nothing_and_one_that_is_sent_is_not(desk):
    desk.keyboard.send_text(f"a{CTRL_C}")
    await desk.tells("a", "", touches=2)
    desk.keyboard.send_text("b\rc")
    await desk.tells("b", "c", touches=3)


async def test_a_key_that_changes_nothing_is_a_sign_of_a_person_too(desk):
    desk.keyboard.send_text(LEFT)

    await desk.tells(touches=1)


async def test_who_looks_elsewhere_writes_nothing_and_who_comes_back_is_there(desk):
    desk.keyboard.send_text("a")
    await desk.tells("a", touches=1)
    desk.keyboard.send_text(FOCUS_OUT)
    await desk.tells("", touches=0)
    gone = len(desk.touches)
    desk.keyboard.send_text(FOCUS_IN)
    await desk.tells(touches=1)

    assert gone == 0
