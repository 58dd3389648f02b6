"""A device of somebody: the store of the Python client, and what it gives out of it."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from clients.python.parley.frames import Message, Room, SyncedRoom
from clients.python.parley.rooms import Rooms


class Device:
    """Someone's only device.

    Attributes:
        session: the open one.
        given: (room, seq) of what it showed, since it has this store.
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.session: str | None = None
        self.rooms = Rooms()
        self.given: list[tuple[str, int]] = []
        self.begins: dict[str, int] = {}

    def lose_store(self) -> None:
        """Begin with an empty store."""
        self.rooms, self.given, self.begins = Rooms(), [], {}

    def welcome(self, rooms: Iterable[Mapping[str, Any]], now_s: float) -> None:
        """Learn of the rooms, and of how far somebody was."""
        for each in rooms:
            room = msgspec.convert(each, Room)
            self.begins.setdefault(room.id, room.delivered_seq)
            self._give(self.rooms.learn(room, now_s))

    def take(self, message: Any, now_s: float) -> None:
        """Take in a message of chat's."""
        self._give(self.rooms.take(_as_the_clients(message, Message), now_s))

    def synced(self, rooms: Iterable[Any], now_s: float) -> None:
        """Take in what a ``sync`` brought."""
        entries = [_as_the_clients(each, SyncedRoom) for each in rooms]
        self._give(self.rooms.synced(entries, now_s))

    def holds_everything(self, heads: Mapping[str, int]) -> bool:
        """Whether it showed each room up to its head, since it began, in order and once; but for
        what the server does not send any more."""
        gone = {
            (gap.room, seq)
            for gap in self.rooms.gaps
            for seq in range(gap.first_seq, gap.last_seq + 1)
        }
        return all(
            [seq for place, seq in self.given if place == room]
            == [seq for seq in range(begin + 1, heads[room] + 1) if (room, seq) not in gone]
            for room, begin in self.begins.items()
        )

    def _give(self, messages: Iterable[Message]) -> None:
        self.given += [(message.room, message.seq) for message in messages]


def _as_the_clients(frame: Any, kind: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(frame), type=kind)
