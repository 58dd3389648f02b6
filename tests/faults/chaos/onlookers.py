"""Who only looks: a raw session that comes back, a reader of history, a look into the database."""

import asyncio
import contextlib
from collections.abc import Sequence

import psycopg2

from clients.python import parley
from tests.background import in_background
from tests.faults.judging.history import Kept, Paged
from tests.faults.listener import Listener
from tests.faults.postgres import query
from tests.faults.stage import Stage

LOOK_S = 0.5
AGAIN_S = 0.2
KEPT = """
    select room_id::text, user_id::text, delivered_seq, read_seq
      from watermark where room_id = any(%s::uuid[])
"""


async def keep_listening(stage: Stage, chat: parley.Chat, listeners: list[Listener]) -> None:
    """Open a raw session, and another one whenever it was closed."""
    while True:
        try:
            listener = await stage.listen(chat)
        except (parley.ParleyError, AssertionError):
            await asyncio.sleep(AGAIN_S)
            continue
        listeners.append(listener)
        async with in_background(listener.beat()):
            await listener.until_closed()


async def keep_paging(stage: Stage, chat: parley.Chat, rooms: Sequence[str]) -> None:
    """Read on in the history of rooms, to the end each time."""
    after = dict.fromkeys([room for room in rooms if room in chat.rooms], 0)
    while True:
        for room in after:
            with contextlib.suppress(parley.ParleyError):
                after[room] = await _read_to_the_end(stage, chat, room, after[room])
            await asyncio.sleep(LOOK_S)


async def _read_to_the_end(stage: Stage, chat: parley.Chat, room: str, after: int) -> int:
    asked, seqs, has_more = len(stage.notes.history.notes), list[int](), True
    while has_more:
        last = seqs[-1] if seqs else after
        page = await chat.api.history(room, after=last, limit=100)
        seqs += [message.seq for message in page.messages]
        has_more = page.has_more
    stage.notes.history.add(Paged(chat.user_id, room, after, tuple(seqs), asked))
    return seqs[-1] if seqs else after


async def keep_sampling(stage: Stage, rooms: Sequence[str]) -> None:
    """Look at the watermarks that receipts keeps."""
    url = stage.suite.state.database_urls["receipts"]
    while True:
        with contextlib.suppress(psycopg2.Error):
            for row in await asyncio.to_thread(query, url, KEPT, list(rooms)):
                stage.notes.history.add(Kept(*row))
        await asyncio.sleep(LOOK_S)
