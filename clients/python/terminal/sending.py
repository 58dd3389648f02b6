"""Own messages, from the line that was typed to how they stand."""

import asyncio

from clients.python.parley import (
    Chat,
    FellBehind,
    NotAcknowledged,
    Outgoing as Change,
    ParleyError,
    Standing,
)
from clients.python.parley.pending import new_client_id
from clients.python.terminal import lines
from clients.python.terminal.lines import Mark
from clients.python.terminal.model import Model, Outgoing
from clients.python.terminal.screen import Screen
from clients.python.terminal.sentences import sentence_of
from clients.python.terminal.view import View

PATIENCE_S = 24 * 3600.0
"""As long as somebody may sit in front of the screen; scripts are less patient."""


class Sending:
    """What is typed goes out here.

    Args:
        chat: connected.
        model: what is known.
        view: from the model to lines.
        screen: where they go.

    Attributes:
        any_refused: whether an own message was refused, so far.
        patience_s: how long an own message waits for a connection before it counts as refused.
    """

    def __init__(self, chat: Chat, *, model: Model, view: View, screen: Screen) -> None:
        self._chat = chat
        self._model = model
        self._view = view
        self._screen = screen
        self._sends: set[asyncio.Task[None]] = set()
        self.any_refused = False
        self.patience_s = PATIENCE_S

    def say(self, text: str, reply_to: int | None = None) -> None:
        """Send a text to the open room; what becomes of it is shown later."""
        room = self._model.open_room
        if room is None:
            self.any_refused = True
            self._tell("Open a conversation first: /rooms lists them, /new begins one.")
            return
        most = self._chat.welcome.limits.content_chars
        if len(text) > most:
            self.any_refused = True
            self._tell(f"Not sent: {len(text)} characters, and {most} are the most.", "bad")
            return
        self._dispatch(Outgoing(room.id, new_client_id(), text, reply_to))

    def retry(self) -> int:
        """Send again what was refused or given up in the open room; return how many."""
        refused = self._model.refused(self._model.current or "")
        for one in refused:
            if not (one.goes_again and self._chat.outgoing.retry(one.client_id)):
                self._dispatch(one)
        return len(refused)

    async def finish(self) -> None:
        """Wait until nothing is on its way any more."""
        if self._sends:
            await asyncio.wait(self._sends)

    async def stop(self) -> None:
        """Wait for nothing any more."""
        for task in self._sends:
            task.cancel()
        await asyncio.gather(*self._sends, return_exceptions=True)

    async def watch(self) -> None:
        """Show how own messages stand, until the chat ends for good."""
        changes = self._chat.outgoing.changes()
        while True:
            try:
                async for change in changes:
                    one = self._model.outgoing.get(change.client_id)
                    if one is not None:
                        self._stands(one, change)
            except FellBehind:
                continue
            else:
                return

    def _stands(self, one: Outgoing, change: Change) -> None:
        """Take in how an own message stands now; what ends it, ``_send`` tells."""
        if change.goes_again and not one.goes_again and change.error is not None:
            self._screen.show(
                self._view.given_up(one, sentence_of(change.error), self._screen.columns)
            )
        one.goes_again = change.goes_again
        if change.goes_again or change.standing in (Standing.PENDING, Standing.QUEUED):
            one.mark = Mark(change.standing.value)
        self._screen.refresh()

    def _dispatch(self, one: Outgoing) -> None:
        one.mark, one.goes_again = Mark.PENDING, False
        self._model.outgoing[one.client_id] = one
        task = asyncio.create_task(self._send(one))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)
        self._screen.refresh()

    async def _send(self, one: Outgoing) -> None:
        try:
            await self._chat.send(
                one.room,
                one.content,
                reply_to=one.reply_to,
                client_id=one.client_id,
                timeout_s=self.patience_s,
            )
        except ParleyError as error:
            if isinstance(error, NotAcknowledged) and error.is_queued:
                return
            self.any_refused = True
            one.mark, one.goes_again = Mark.FAILED, False
            self._screen.show(self._view.refused(one, sentence_of(error), self._screen.columns))
        else:
            one.mark, one.goes_again = Mark.SENT, False
        self._screen.refresh()

    def _tell(self, text: str, style: str = "note") -> None:
        self._screen.show(lines.notice(text, self._screen.columns, style))
