"""``Chat``: one signed-in user, connected. What a bot, a test or a load generator holds.

Made by one of ``entrances.py`` (or as it is, by a program that may start before its server) and
used as ``async with``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from .attendance import State
from .commands import Command
from .connected import Connected
from .feed import Feed
from .frames import (
    Message,
    PresenceOf,
    Room,
    ServerFrame,
    Typing,
    Watermark,
)
from .marks import Moved, Progress
from .outcomes import Sent
from .pending import draft_of
from .rooms import Gap

SEND_TIMEOUT_S = 30.0
"""How long ``send`` tries, unless its caller says otherwise."""


class Chat(Connected):
    """A connected user: rooms, sending, receiving."""

    # Rooms and people -------------------------------------------------------------------------

    @property
    def rooms(self) -> Mapping[str, Room]:
        """The rooms as last told by the server, by id. Heads may lag; own watermarks only grow."""
        return self._engine.core.rooms.known

    @property
    def gaps(self) -> Sequence[Gap]:
        """Messages that ``messages()`` skipped because the server sends them no more."""
        return self._engine.core.rooms.gaps

    def cursor(self, room: str) -> int:
        """Return the seq up to which this device misses nothing of ``room``."""
        return self._engine.core.rooms.cursor(room)

    def progress(self, room: str, seq: int) -> Progress:
        """Return whether everybody else has, or has read, the message ``seq``. Only ever grows."""
        return self._engine.core.marks.progress(room, seq)

    def marks(self, room: str) -> Mapping[str, Watermark]:
        """Return how far single other members are, by id.

        In rooms of more than 32 members only some are known, and may be further since.
        """
        return self._engine.core.marks.members(room)

    async def direct_room(self, person: str) -> Room:
        """Return the room with one other person (username or id), creating it where needed."""
        return self._engine.learn(await self.api.create_room("direct", [person]))

    async def group_room(self, name: str, people: Sequence[str]) -> Room:
        """Create a group with these people (usernames or ids) and oneself as its owner."""
        return self._engine.learn(await self.api.create_room("group", people, name=name))

    async def rename(self, room: str, name: str) -> Room:
        """Rename a group. As its owner or an admin."""
        return self._engine.learn(await self.api.change_room(room, name=name))

    async def set_open_history(self, room: str, *, is_open: bool) -> Room:
        """Let members of a group read what was written before they joined, or not any more."""
        return self._engine.learn(await self.api.change_room(room, open_history=is_open))

    async def add_members(self, room: str, people: Sequence[str]) -> Room:
        """Add people (usernames or ids) to a group. As its owner or an admin."""
        return self._engine.learn(await self.api.add_members(room, people))

    async def set_role(self, room: str, user: str, role: str) -> Room:
        """Make a member (an id) ``owner``, ``admin`` or ``member``. As the group's owner."""
        return self._engine.learn(await self.api.set_role(room, user, role))

    async def remove_member(self, room: str, user: str) -> None:
        """Remove somebody (an id) from a group. Admins remove plain members only."""
        await self.api.remove_member(room, user)

    async def leave(self, room: str) -> None:
        """Leave a group, and forget what is held of it."""
        await self.api.remove_member(room, self.user_id)
        self._engine.learn(Room(id=room, removed=True))

    # Sending ----------------------------------------------------------------------------------

    async def send(
        self,
        room: str,
        content: str,
        *,
        reply_to: int | None = None,
        client_id: str | None = None,
        timeout_s: float = SEND_TIMEOUT_S,
    ) -> Sent:
        """Send a message and return once it is committed.

        Goes over the WebSocket; where that does not do, over HTTP; where chat is down, into the
        queue service; where nothing can be reached, again later: until the deadline, and always
        under the same client_id. How it stands meanwhile, ``outgoing`` tells. Many sends may be
        awaited at once; those of a room go out in the order of the calls, and keep it unless the
        server does not take one while later ones are already behind it on the WebSocket.

        Args:
            room: its id.
            content: 1…4096 characters, not blank.
            reply_to: the seq of the message that this one answers.
            client_id: a UUID; give the one of an earlier ``NotAcknowledged`` to try on.
            timeout_s: how long to try.

        Raises:
            NotAcknowledged: it is not known to be stored in time. Where its ``is_queued`` is true,
                the queue service holds it and it goes on by itself; otherwise nobody tries it any
                more, and it may or may not be stored.
            OutboxFull: too many messages wait already.
            ParleyError: refused for good; the class tells the code.
        """
        return await self._engine.send(draft_of(room, content, reply_to, client_id), timeout_s)

    async def post(
        self,
        room: str,
        content: str,
        *,
        reply_to: int | None = None,
        client_id: str | None = None,
        timeout_s: float = SEND_TIMEOUT_S,
    ) -> Sent:
        """Do as ``send`` does, but never over the WebSocket."""
        draft = draft_of(room, content, reply_to, client_id)
        self.stop_typing(room)  # only what comes over the socket ends it by itself
        return await self._engine.send(draft, timeout_s, by_socket=False)

    def read(self, room: str, seq: int | None = None) -> None:
        """Report that everything up to ``seq`` (default: all that is held) was seen.

        Told once it is also held, with the latest seq only, at most every 200 ms of a room; told
        again on a new connection where the server does not know it yet.
        """
        self._engine.core.read(room, self.cursor(room) if seq is None else seq)
        self._engine.pump()

    def post_frame(self, command: Command) -> None:
        """Queue any command as it is, after those before it. Best effort; dropped offline."""
        self._engine.connection.post(command)

    # Here and now -----------------------------------------------------------------------------

    def type(self, room: str) -> None:
        """Tell the others of a room that one writes. To be called at every key; it says little.

        They are told at once, then at most every 200 ms, and of the end after 1 s without a key.
        ``send`` ends it too. While no session is open nothing is told, neither then nor later.
        """
        self._engine.core.company.type(room, self._engine.now)
        self._engine.pump()

    def stop_typing(self, room: str) -> None:
        """Tell the others at once that one writes no more: the text was taken back, or left."""
        self._engine.core.company.stop_typing(room, self._engine.now)
        self._engine.pump()

    def activity(self, state: State) -> None:
        """Tell that somebody is in front of this device (``active``), or nobody is (``away``).

        One is ``active`` until told otherwise. ``away`` holds until the next call, whatever is sent
        and however often one reconnects. To be called as often as one likes: ``active`` is repeated
        every 4 minutes at most, and should be while it is true, because after 6 minutes of silence
        the server takes one for away.
        """
        self._engine.core.company.activity(state, self._engine.now)
        self._engine.pump()

    def typists(self, room: str) -> Sequence[str]:
        """Return the ids of the others who type in a room now; of nobody while not connected."""
        return self._engine.core.company.typists.of(room)

    def presence(self, user: str) -> PresenceOf:
        """Return whether a person is there; ``unknown`` while not connected, and of strangers.

        Of whom one shares no room with any more the last word stays until the connection ends.
        """
        return self._engine.core.company.presences.of(user)

    # Receiving --------------------------------------------------------------------------------

    async def messages(self, *, own: bool = False) -> AsyncIterator[Message]:
        """Yield messages: in order in each room, each once, across reconnections.

        What arrived since entering waits here, so nothing is lost between two loops. All callers
        share it: each message goes to one of them.

        Args:
            own: yield what this user wrote too (here or on another device). A bot that answers
                everything wants ``False``.

        Raises:
            FellBehind: the reader was too slow; call again to go on.
            ParleyError: the chat ended for good.
        """
        async for message in self._engine.inbox:
            if own or message.sender != self.user_id:
                yield message

    def frames(self) -> Feed[ServerFrame]:
        """Return a feed of every frame as received from now on, duplicates and all."""
        return self._engine.frames.open()

    def moves(self) -> Feed[Moved]:
        """Return a feed of rooms whose watermarks went up: what is unread, or ``progress``."""
        return self._engine.moves.open()

    def typing_changes(self) -> Feed[Typing]:
        """Return a feed of rooms where somebody began or stopped typing, with all who type since.

        A lost connection ends all typing.
        """
        return self._engine.typing.open()

    def presence_changes(self) -> Feed[PresenceOf]:
        """Return a feed of people whose presence changed, as it is since.

        Everybody's comes after each ``welcome``; with a lost connection it becomes ``unknown``.
        """
        return self._engine.presences.open()

    async def catch_up(self, *, wait_s: float | None = None) -> None:
        """Fetch what is missing over HTTP: the fallback where WebSockets do not get through.

        While no session is open it also reports what was received and read.
        """
        await self._engine.without_socket.catch_up(wait_s)
