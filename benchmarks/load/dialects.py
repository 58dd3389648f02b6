"""How one says the same few things to Parley, and to what it is compared with.

All of them speak Parley's frames, or a part of them; they differ in how one signs in, and Socket.IO
in the envelope around a frame. Frames are made by hand and read into one flat struct: the load must
cost less than what it measures.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from benchmarks.load.people import Somebody

CHAT_PATH = "/ws/chat/"
SOCKET_IO_PATH = "/socket.io/?EIO=4&transport=websocket"
SESSION_COOKIE = "sessionid"


class Mark(msgspec.Struct, gc=False):
    """How far a member has got."""

    user: str
    delivered_seq: int = 0
    read_seq: int = 0


class Room(msgspec.Struct, gc=False):
    """A room in ``welcome``; in ``synced`` it has no ``id``."""

    id: str = ""
    last_seq: int = 0
    delivered_seq: int = 0
    lowest: list[Mark] = []


class Heard(msgspec.Struct):
    """Any frame of a server, with what a load wants to know of it."""

    type: str = ""
    room: str = ""
    seq: int = 0
    sender: str = ""
    client_id: str = ""
    content: str = ""
    code: str = ""
    retry_after: float = 0.0
    lowest: list[Mark] = []
    rooms: list[Room] = []
    users: msgspec.Raw = msgspec.Raw(b"[]")
    count: int = 0


Member = str | int | bool | Mapping[str, int]
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Heard)


class Dialect(Protocol):
    """How one person's client talks to one kind of server."""

    path: str

    def __init__(self, person: Somebody) -> None:
        """Begin; nothing is sent."""
        ...

    def headers(self) -> Mapping[str, str]:
        """Return what the handshake carries besides the usual."""
        ...

    def frame(self, kind: str, **members: Member) -> bytes:
        """Return a frame of the client."""
        ...

    def read(self, text: bytes) -> tuple[Heard | None, bytes | None]:
        """Return the frame in a text, and what is to be answered at once, if anything."""
        ...


class Parley:
    """Parley itself: the token in a header."""

    path = CHAT_PATH

    def __init__(self, person: Somebody) -> None:
        self._person = person

    def headers(self) -> Mapping[str, str]:
        """Return the token as a header."""
        return {"Authorization": f"Bearer {self._person.token}"}

    def frame(self, kind: str, **members: Member) -> bytes:
        """Return a frame as Parley's protocol has it."""
        return _ENCODER.encode({"type": kind, **members})

    def read(self, text: bytes) -> tuple[Heard | None, bytes | None]:
        """Read one frame."""
        return _DECODER.decode(text), None


class Tutorial(Parley):
    """The usual Channels stack: Django's session in a cookie."""

    def headers(self) -> Mapping[str, str]:
        """Return the session's key as a cookie."""
        return {"Cookie": f"{SESSION_COOKIE}={self._person.token}"}


class SocketIO(Parley):
    """Socket.IO 4 over WebSocket alone: events in packets of engine.io.

    Source: the protocols of engine.io (4) and socket.io (5).
    """

    path = SOCKET_IO_PATH

    def headers(self) -> Mapping[str, str]:
        """Return nothing: the token goes with the packet that connects."""
        return {}

    def frame(self, kind: str, **members: Member) -> bytes:
        """Return an event of that name."""
        return b'42["%b",%b]' % (kind.encode(), _ENCODER.encode(members))

    def read(self, text: bytes) -> tuple[Heard | None, bytes | None]:
        """Read an event, or answer what holds the connection together."""
        if text.startswith(b'42["'):
            kind, _, members = text[4:-1].partition(b'",')
            heard = _DECODER.decode(members) if members else Heard()
            heard.type = kind.decode()
            return heard, None
        if text.startswith(b"2"):
            return None, b"3"
        if text.startswith(b"0"):
            return None, b"40" + _ENCODER.encode({"token": self._person.token})
        return None, None
