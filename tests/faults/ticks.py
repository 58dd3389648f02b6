"""People who read what they get, and how far all say that it was read in the end."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from clients.python import parley
from tests.background import in_background
from tests.faults.postgres import TABLES, heads_of, marks_in
from tests.faults.stage import Stage
from tests.faults.waiting import until

LOOK_S = 0.05

log = logging.getLogger(__name__)

Places = Sequence[tuple[parley.Chat, str]]


@contextlib.asynccontextmanager
async def reading(places: Places) -> AsyncIterator[None]:
    """Let people read what they get inside the block; who leaves is taken out of ``places``."""

    async def read() -> None:
        while True:
            for chat, room in places:
                chat.read(room)
            await asyncio.sleep(LOOK_S)

    async with in_background(read()):
        yield


async def all_ticks_are_right(stage: Stage, places: Places) -> None:
    """Wait until everybody is shown that everything was read, and both databases say so."""
    rooms = sorted({room for _, room in places})
    heads = await asyncio.to_thread(heads_of, stage.database_url, rooms)
    began_s = time.monotonic()
    await until(
        lambda: all(chat.progress(room, heads[room]) == "read" for chat, room in places),
        what=lambda: str([(chat.marks(room), heads[room]) for chat, room in places]),
    )
    log.info("all ticks were right after %.1f s", time.monotonic() - began_s)
    for service, table in TABLES.items():
        url = stage.suite.state.database_urls[service]
        await until(partial(all_read, url, table, heads), what=f"the watermarks of {service}")


def all_read(url: str, table: str, heads: Mapping[str, int]) -> bool:
    """Tell whether both members of each room have read it, as a service keeps it."""
    kept = marks_in(url, table, list(heads))
    both = Counter(room for room, _ in kept) == dict.fromkeys(heads, 2)
    return both and all(marks == (heads[room],) * 2 for (room, _), marks in kept.items())
