"""What there is when a round is over: waited for until it is as it should be, within bounds.

Where it does not become so in time, what is there is returned, and judged.
"""

import asyncio
from collections.abc import Mapping

from tests.faults.chaos.cast import Cast
from tests.faults.chaos.on_streams import GARBAGE
from tests.faults.chaos.scene import Scene
from tests.faults.judging import leftovers, presence
from tests.faults.judging.collecting import forget_dead_letters, leftovers_of
from tests.faults.judging.receipts import Marks
from tests.faults.postgres import TABLES, marks_in

WITHIN_S = 90.0
LOOK_S = 0.5


class Ending:
    """The end of one round.

    Args:
        is_lost: something is broken already: there is no use in waiting for the rest.
    """

    def __init__(self, scene: Scene, cast: Cast, *, is_lost: bool) -> None:
        self._scene = scene
        self._cast = cast
        self._looks = 1 if is_lost else int(WITHIN_S / LOOK_S)

    async def marks(self) -> Mapping[str, Marks]:
        """Return how far all members of the steady rooms are, by service: all, one hopes."""
        heads = await asyncio.to_thread(self._scene.stage.heads)
        found: dict[str, Marks] = {}
        for _ in range(self._looks):
            found = await asyncio.to_thread(self._marks, self._cast.steady_rooms)
            if all(
                marks == (heads[room],) * 2
                for places in found.values()
                for (room, _), marks in places.items()
            ):
                break
            await asyncio.sleep(LOOK_S)
        return found

    async def said(self) -> Mapping[str, str]:
        """Return what presence says of everybody: the truth, one hopes."""
        said: Mapping[str, str] = {}
        for _ in range(self._looks):
            said = await self._cast.said()
            if not list(presence.wrong_in_the_end(self._cast.present, said)):
                break
            await asyncio.sleep(LOOK_S)
        return said

    async def left_over(self) -> list[str]:
        """Return what is left over: nothing, one hopes."""
        people, found = list(self._cast.present), list[str]()
        for _ in range(self._looks):
            there = await asyncio.to_thread(
                leftovers_of, self._scene.suite, people, garbage=GARBAGE
            )
            found = leftovers.left_over(there)
            if not found:
                break
            await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(forget_dead_letters, self._scene.redis_url)
        return found

    async def all_marks(self) -> Mapping[str, Marks]:
        """Return how far the members of all rooms are now, also of those that are left alone."""
        return await asyncio.to_thread(self._marks, self._scene.stage.rooms)

    def _marks(self, rooms: list[str]) -> dict[str, Marks]:
        urls = self._scene.suite.state.database_urls
        return {service: marks_in(urls[service], table, rooms) for service, table in TABLES.items()}
