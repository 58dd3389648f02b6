"""One running talk: messages in and out, the open room, and the line that is being typed.

Everything runs on one event loop. Commands run one after the other in the order of typing, beside
the prompt, so that a slow answer stops nobody from writing.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from clients.python.parley import (
    Chat,
    FellBehind,
    Message,
    ParleyError,
    Room,
    Typing,
)
from clients.python.terminal import lines
from clients.python.terminal.commands import Call, Mistake, Say, parse
from clients.python.terminal.lines import Laid
from clients.python.terminal.model import Model
from clients.python.terminal.people import People
from clients.python.terminal.screen import Screen
from clients.python.terminal.sending import Sending
from clients.python.terminal.sentences import sentence_of
from clients.python.terminal.view import View

SHOWN_AT_FIRST = 20
"""Messages on the screen when a room is opened; more where more are new."""

Run = Callable[[Call], Awaitable[None]]


class Talk:
    """See the module.

    Args:
        chat: connected.
        model: what is known; shared with the view.
        people: how everybody is called.
        view: from the model to lines.
        screen: where they go.

    Attributes:
        sending: takes what is typed.
    """

    def __init__(
        self, chat: Chat, *, model: Model, people: People, view: View, screen: Screen
    ) -> None:
        self._chat = chat
        self._model = model
        self._people = people
        self._view = view
        self._screen = screen
        self._typed: asyncio.Queue[Say | Call | Mistake] = asyncio.Queue()
        self._opening = ""
        self.sending = Sending(chat, model=model, view=view, screen=screen)
        screen.when_watched(self._read_shown)

    # What commands use ------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """How wide the screen is now."""
        return self._screen.columns

    def show(self, laid: Sequence[Laid]) -> None:
        """Write lines."""
        self._screen.show(laid)

    def tell(self, text: str, style: str = "note") -> None:
        """Say something to the person in front of the screen."""
        self.show(lines.notice(text, self.columns, style))

    async def open(self, room: Room) -> None:
        """Show the newest messages of a room; what is typed goes there from now on.

        Raises:
            ParleyError: its history could not be read; the room that was open stays so.
        """
        self._opening = room.id
        try:
            page = await self._chat.api.history(room.id)
            await self._people.learn(one.sender for one in page.messages)
        finally:
            self._opening = ""
        read = self._model.read_seq(room.id)
        for one in page.messages:
            self._model.take(one)
        self._model.begin(room.id)
        self.show([self._view.header(room, self.columns)])
        messages = self._model.newest(room.id, page.messages)
        new = [one for one in messages if one.seq > read and one.sender != self._model.me]
        first_new = new[0].seq if new else None
        old = [one for one in messages if first_new is None or one.seq < first_new]
        keep = max(SHOWN_AT_FIRST - (len(messages) - len(old)), 2)
        self._print(old[-keep:])
        if first_new is not None:
            self.show([lines.rule(f"{len(new)} new", self.columns, "good")])
            self._print([one for one in messages if one.seq >= first_new])
        if not messages:
            self.tell("Nothing was said here yet. Write something.", "dim")

    async def older(self, count: int) -> None:
        """Show what came before the oldest message on the screen.

        Raises:
            ParleyError: the history could not be read.
        """
        room = self._model.current
        if room is None:
            return
        before = self._model.oldest or None
        page = await self._chat.api.history(room, before=before, limit=count)
        await self._people.learn(one.sender for one in page.messages)
        if not page.messages:
            self.tell("There is nothing before that.", "dim")
            return
        self._model.oldest = page.messages[0].seq
        self._model.day = None
        laid = self._view.messages(page.messages, self.columns)
        self._model.day = None
        self.show([lines.rule("earlier", self.columns), *laid, lines.rule("", self.columns)])

    def do(self, call: Call) -> None:
        """Run a command after those before it, as if it had been typed."""
        self._typed.put_nowait(call)

    # The loops --------------------------------------------------------------------------------

    async def run(self, command: Run) -> ParleyError | None:
        """Talk until the person leaves (None), or the chat ends for good (with what).

        Args:
            command: runs a command; may raise ``ParleyError``.
        """
        jobs = (
            self._listen(),
            self._receive(),
            self._watch(),
            self.sending.watch(),
            self._work(command),
        )
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ParleyError as error:
            return error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.sending.stop()
        return None

    async def _listen(self) -> None:
        """Read what is typed until the person leaves."""
        warned = False
        while True:
            line = await self._screen.read()
            said = Call("quit") if line is None else parse(line)
            if said == Call("quit"):
                if not self._screen.redraws:
                    await self._finish()
                    return
                if warned or not self._model.waiting():
                    return
                self.tell("Not everything is sent yet. Leave again to leave without it.", "bad")
            elif said is not None:
                self._typed.put_nowait(said)
            warned = said == Call("quit")

    async def _finish(self) -> None:
        """Wait until what was typed is done: the end of a script is no reason to lose its end."""
        await self._typed.join()
        await self.sending.finish()
        if self._screen.is_watched:  # what was shown is read once everything before it is held
            with contextlib.suppress(ParleyError):
                await self._chat.catch_up()

    async def _work(self, command: Run) -> None:
        while True:
            said = await self._typed.get()
            try:
                match said:
                    case Say():
                        self.sending.say(said.text)
                    case Call():
                        await command(said)
                    case Mistake():
                        self.tell(said.sentence, "bad")
            except ParleyError as error:
                self.tell(sentence_of(error), "bad")
            self._typed.task_done()
            self._screen.refresh()

    async def _receive(self) -> None:
        """Show what comes, until the chat ends for good."""
        while True:
            try:
                async for message in self._chat.messages(own=True):
                    await self._people.learn([message.sender])
                    self._take(message)
            except FellBehind as error:
                self._model.forget_sent()
                self.tell(sentence_of(error), "bad")
            else:
                return

    async def _watch(self) -> None:
        """Tell which rooms come, go and change, until the chat ends for good."""
        frames = self._chat.frames()
        while True:
            try:
                async for frame in frames:
                    if isinstance(frame, Room):
                        await self._people.learn(frame.members or ())
                        self._tell_of(frame)
                    if isinstance(frame, Typing) and frame.room == self._model.current:
                        await self._people.learn(frame.users)
                    self._screen.refresh()
            except FellBehind:
                continue
            else:
                return

    def _tell_of(self, room: Room) -> None:
        news = self._model.learn(room)
        if room.removed and self._model.current == room.id:
            self._model.close()
        if news and room.id != self._opening:
            self.tell(news)

    def _take(self, message: Message) -> None:
        self._model.take(message)
        room = self._model.rooms.get(message.room)
        is_new = room is None or message.seq > room.last_seq
        if is_new:
            self._model.note_activity(message.room)
        if message.room == self._model.current:
            if message.seq > self._model.shown:
                self._print([message])
        elif is_new and self._is_worth_telling(message):
            self.show([self._view.quiet(message, self.columns)])
        self._screen.refresh()

    def _is_worth_telling(self, message: Message) -> bool:
        if message.sender == self._model.me or message.room == self._opening:
            return False
        return self._model.may_tell(message.room, asyncio.get_running_loop().time())

    def _print(self, messages: Sequence[Message]) -> None:
        """Show messages of the open room, which are newer than all before."""
        if not messages:
            return
        self.show(self._view.messages(messages, self.columns))
        self._model.on_screen(messages)
        if self._screen.is_watched:
            self._read_shown()

    def _read_shown(self) -> None:
        """Report what is shown in the open room as read."""
        if read := self._model.read_shown():
            self._chat.read(*read)
            self._screen.refresh()
