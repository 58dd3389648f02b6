"""Who is there and who types, and what one tells of oneself: true for the moment only."""

from .attendance import Attendance, State
from .frames import Pong, Presence, ServerFrame, Typing
from .keystrokes import Keystrokes
from .outcomes import Output
from .presence import Presences
from .server_clock import ServerClock
from .typists import Typists


class Company:
    """The company of one device.

    Args:
        output: what is to be told goes there.
    """

    def __init__(self, output: Output) -> None:
        self.typists = Typists()
        self.presences = Presences()
        self.server_clock = ServerClock()
        self.is_online = False
        self._output = output
        self._keystrokes = Keystrokes()
        self._attendance = Attendance()

    @property
    def is_typing(self) -> bool:
        """Whether the others may believe that one types, or are about to."""
        return self._keystrokes.pending

    @property
    def pending(self) -> bool:
        """Whether time alone will bring something to tell."""
        return self._keystrokes.pending or self.typists.pending

    def connected(self, now: float) -> None:
        """Begin a connection: the server takes one for active."""
        self.is_online = True
        self._output.commands += self._attendance.connected(now)

    def disconnected(self) -> None:
        """End a connection: who is there and who types is not known any more."""
        self.is_online = False
        self._keystrokes.clear()
        self._output.typing += self.typists.clear()
        self._output.presences += self.presences.clear()

    def type(self, room: str, now: float) -> None:
        """Note a key of a text for a room; nothing is told, now or later, while offline."""
        if self.is_online:
            self._keystrokes.press(room, now)
            self._output.commands += self._keystrokes.due(now)

    def stop_typing(self, room: str, now: float) -> None:
        """Note that nothing is being written in a room any more."""
        self._keystrokes.stop(room)
        self._output.commands += self._keystrokes.due(now)

    def sent(self, room: str) -> None:
        """Note that what was typed is sent."""
        self._keystrokes.sent(room)

    def activity(self, state: State, now: float) -> None:
        """Note whether somebody is in front of this device; the next connection hears it too."""
        told = self._attendance.change(state, now)
        if self.is_online:
            self._output.commands += told

    def wrote(self, room: str, user: str, now: float) -> None:
        """Take in that somebody's message came: it is what they typed."""
        self._output.typing += self.typists.wrote(room, user, now)

    def hear(self, frame: ServerFrame, now: float) -> None:
        """Take in what a frame says of the moment; others are ignored."""
        match frame:
            case Typing():
                self._output.typing += self.typists.hear(frame)
            case Presence():
                self._output.presences += self.presences.learn(frame.users)
            case Pong():
                self.server_clock.set(frame.server_time, now)

    def forget(self, room: str) -> None:
        """Know nothing of a room that one is no longer in."""
        self._keystrokes.forget(room)
        self._output.typing += self.typists.forget(room)

    def tick(self, now: float) -> None:
        """Tell what time brings."""
        self._output.commands += self._keystrokes.due(now)
        self._output.typing += self.typists.due(now)

    def speak_last(self) -> None:
        """Tell, behind the commands that go out now, what they would make the server forget."""
        self._output.commands += self._attendance.behind(self._output.commands)
