"""Rooms that no frame tells of, read over HTTP: those beyond ``welcome``, and unplaced ones.

Unplaced is a room of which messages came before anything told where it begins.
"""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from .api import Api
from .errors import NotFound, ParleyError, PermissionDenied
from .frames import Room
from .rooms import Rooms

logger = logging.getLogger(__name__)


class RoomReader:
    """See the module.

    Args:
        rooms: what is known.
        api: the HTTP interface.
        learn: takes a room in.
        spawn: lets something go on by itself, until the chat ends.
    """

    def __init__(
        self,
        rooms: Rooms,
        api: Api,
        *,
        learn: Callable[[Room], object],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._rooms = rooms
        self._api = api
        self._learn = learn
        self._spawn = spawn
        self._asked: set[str] = set()

    def place_rooms(self) -> None:
        """Ask where the rooms begin of which only messages are known."""
        for room in self._rooms.unplaced - self._asked:
            self._asked.add(room)
            self._spawn(self._read(room))

    async def read_all(self) -> None:
        """Read the rooms that did not fit into ``welcome``, and those known ones that are not there.

        Each of these is asked for: a room in which something happens meanwhile may be passed over.
        """
        missing = set(self._rooms.known)
        try:
            async for room in self._api.rooms():
                missing.discard(room.id)
                self._learn(room)
        except ParleyError as error:
            logger.warning("The rooms beyond the welcome could not be read: %s", error)
            return
        for room_id in missing:
            await self._read(room_id)

    async def _read(self, room: str) -> None:
        try:
            self._learn(await self._api.room(room))
        except (NotFound, PermissionDenied):
            self._learn(Room(id=room, removed=True))
        except ParleyError as error:
            logger.warning("Room %s could not be read: %s", room, error)
        finally:
            self._asked.discard(room)
