"""What others learn of the person at the keyboard: that they write, and whether they are there.

Not for scripts, behind which there is nobody.
"""

from clients.python.parley import Chat
from clients.python.parley.clock import Clock, Handle
from clients.python.terminal.commands import Say, parse
from clients.python.terminal.model import Model
from clients.python.terminal.screen import Screen

AWAY_AFTER_S = 300.0
"""Without a key for so long, the person is taken to have gone."""

SAY_EVERY_S = 60.0
"""Until then it is said so often that they are there, so that the server does not take them for away
before; the library passes on what is needed of it."""


class Attention:
    """See the module.

    Args:
        chat: connected.
        model: says which room is open.
        clock: for the time without any key.
    """

    def __init__(self, chat: Chat, *, model: Model, clock: Clock) -> None:
        self._chat = chat
        self._model = model
        self._clock = clock
        self._room: str | None = None
        self._touched_at = 0.0
        self._alarm: Handle | None = None

    def watch(self, screen: Screen) -> None:
        """Tell from now on what the keys of this screen mean; somebody is there."""
        screen.when_touched(self._touched)
        screen.when_typed(self._typed)
        self._touched()

    def _touched(self) -> None:
        self._touched_at = self._clock.monotonic()
        self._say()

    def _say(self) -> None:
        """Say whether the person is there, and when it is time to look again."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        left_s = self._touched_at + AWAY_AFTER_S - self._clock.monotonic()
        if left_s > 0:
            self._alarm = self._clock.call_later(min(left_s, SAY_EVERY_S), self._say)
        self._chat.activity("active" if left_s > 0 else "away")

    def _typed(self, text: str) -> None:
        """Tell that a text for the open room is being written; commands are nobody's business."""
        room = self._model.current if isinstance(parse(text), Say) else None
        if self._room is not None and self._room != room:
            self._chat.stop_typing(self._room)
        self._room = room
        if room is not None:
            self._chat.type(room)
