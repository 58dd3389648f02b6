"""A company of the hub in which one part alone is told who sits down."""

from typing import Protocol

from services.chat.hub.company import NoCompany
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat


class Told(Protocol):
    """A part of the process that is told of sessions that sit down."""

    def sat_down(self, room: LocalRoom, seat: Seat) -> None: ...


class SittingDown(NoCompany):
    """Tells one part who sits down; nobody anything else."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def told_of_room(self, room: LocalRoom, seat: Seat) -> None:
        self._told.sat_down(room, seat)
