"""From the command line to a talk, and to an exit status.

0: left, or everything was sent. 1: something was refused or could not be reached. 2: used wrongly.
"""

import asyncio
import contextlib
import dataclasses
import io
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

from clients.python.parley import (
    BadFrame,
    Chat,
    Options,
    ParleyError,
    Unauthenticated,
    Unavailable,
)
from clients.python.terminal import arguments as command_line
from clients.python.terminal.arguments import Arguments
from clients.python.terminal.attention import Attention
from clients.python.terminal.commands import Call
from clients.python.terminal.company import Company
from clients.python.terminal.completion import complete
from clients.python.terminal.directory import Directory
from clients.python.terminal.model import Model
from clients.python.terminal.people import People
from clients.python.terminal.piping import send_input
from clients.python.terminal.prompt_screen import PromptScreen
from clients.python.terminal.running import Runner
from clients.python.terminal.safe import safe
from clients.python.terminal.screen import Live, PlainScreen, Screen
from clients.python.terminal.sentences import sentence_of
from clients.python.terminal.settings import Settings
from clients.python.terminal.signing_in import CannotAsk, complete as ask_for_the_rest, signed_in
from clients.python.terminal.talk import Talk
from clients.python.terminal.ticks import Ticks
from clients.python.terminal.view import View

TRIES = 3
"""How often a password may be mistyped."""
INTERRUPTED = 130
"""Exit status after Ctrl-C in a script. Source: the shells' 128 + SIGINT."""


def main(words: Sequence[str]) -> int:
    """Run the program; return its exit status."""
    settings = Settings.read()
    arguments = command_line.read(words, settings)
    _keep_log(arguments.log)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return _try_to_sign_in(arguments, settings)
    except CannotAsk as error:
        return _complain(str(error), status=2)
    except EOFError:
        return _complain("")
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:  # who read the output went away; Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _try_to_sign_in(given: Arguments, settings: Settings) -> int:
    """Ask, sign in and talk; ask again where what was typed is not accepted."""
    for _ in range(TRIES):
        arguments = ask_for_the_rest(given)
        try:
            return asyncio.run(_talk(arguments, settings))
        except (Unauthenticated, BadFrame) as error:
            problem = _why_not(arguments, error)
        except Unavailable as error:
            return _complain(_unreachable(arguments.url, error))
        except ParleyError as error:
            return _complain(sentence_of(error))
        if arguments == given:
            return _complain(problem)
        sys.stderr.write(f"{problem}\n")
        if arguments.sign_up:
            given = dataclasses.replace(given, sign_up=True, username="")
    return 1


async def _talk(arguments: Arguments, settings: Settings) -> int:
    options = Options(automatic_receipts=_is_read(arguments))
    async with _ended_by_signals(), await signed_in(arguments, options) as chat:
        if not _is_interactive():
            chat.activity("away")  # a script is not a person
        people = People(chat.api.users_by_id)
        people.add([chat.welcome.user])
        model = Model(chat.rooms, chat.user_id)
        directory = Directory(chat, model, people)
        if arguments.to and not sys.stdin.isatty():
            return await send_input(chat, directory, to=arguments.to, timeout_s=arguments.timeout_s)
        view = View(model, people, ticks=await _ticks(chat), company=_company(chat, people))
        screen = _screen(arguments, settings, _live(chat, model, people, view))
        talk = Talk(chat, model=model, people=people, view=view, screen=screen)
        runner = Runner(chat, talk, directory=directory, model=model, people=people, view=view)
        if _is_interactive():
            Attention(chat, model=model, clock=options.clock).watch(screen)
        if not screen.redraws:
            talk.sending.patience_s = arguments.timeout_s
        talk.tell(f"Signed in as {people.full_name(chat.user_id)} at {arguments.url}.")
        talk.do(Call("open", (arguments.to,), arguments.to) if arguments.to else Call("rooms"))
        try:
            error = await talk.run(runner.run)
        finally:
            await screen.close()
    if error is not None:
        return _complain(sentence_of(error))
    return int(talk.sending.any_refused and not screen.redraws)


def _live(chat: Chat, model: Model, people: People, view: View) -> Live:
    def completions(text: str) -> Sequence[tuple[int, str]]:
        rooms = [room.name for room in model.by_activity()]
        return complete(text, rooms=rooms, people=people.usernames())

    return Live(
        above=view.live,
        prompt=view.prompt,
        bar=lambda: view.bar(chat.state, chat.next_try_in_s),
        complete=completions,
    )


def _company(chat: Chat, people: People) -> Company:
    return Company(
        people,
        presence=chat.presence,
        typists=chat.typists,
        now=lambda: chat.server_time,
    )


async def _ticks(chat: Chat) -> Ticks:
    """Return the signs of own messages as this server shows them, or plain ones."""
    ticks = Ticks(chat.progress)
    with contextlib.suppress(ParleyError):
        ticks.adopt(await chat.api.statuses())
    return ticks


def _screen(arguments: Arguments, settings: Settings, live: Live) -> Screen:
    if settings.dumb or not _is_interactive():
        return PlainScreen(is_watched=_is_read(arguments))
    return PromptScreen(live, colors=settings.colors)


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _is_read(arguments: Arguments) -> bool:
    """Decide whether what comes counts as received, and what is shown as read.

    A script that runs by itself must not tell anybody that a person has their message.
    """
    return arguments.read or _is_interactive()


@contextlib.asynccontextmanager
async def _ended_by_signals() -> AsyncIterator[None]:
    """Leave in order when told to end, so that the terminal is left as it was found."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals = (signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, lambda: task and task.cancel())
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _keep_log(file: str) -> None:
    """Write the client's log to a file; without one it goes nowhere, least of all on the screen."""
    handler = logging.FileHandler(file) if file else logging.NullHandler()
    level = logging.INFO if file else logging.CRITICAL
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(handlers=[handler], level=level, format=form)


def _why_not(arguments: Arguments, error: ParleyError) -> str:
    if isinstance(error, BadFrame):
        problems = (f"{name}: {' '.join(said)}" for name, said in error.fields.items())
        return safe(" ".join(problems)) or sentence_of(error)
    if arguments.token:
        return "The token is not accepted, or not any more."
    return "Wrong username or password. --sign-up makes a new account."


def _unreachable(url: str, error: ParleyError) -> str:
    """Say that nothing answers; where a server did, in its own words."""
    if error.message.startswith("cannot connect"):
        return f"Nothing answers at {safe(url)}. Is the server running?"
    return sentence_of(error)


def _complain(sentence: str, *, status: int = 1) -> int:
    if sentence:
        sys.stderr.write(f"parley: {sentence}\n")
    return status
