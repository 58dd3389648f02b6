"""Tells the streams what the writer has just committed, from memory.

Nothing depends on it: what it cannot publish stays in the outbox, and the relay of whichever
process comes first finds it there.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from libs.common import metrics
from libs.common.clock import to_wire
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.events import MessageCreated, MessageFrame
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import partition_of
from libs.common.streams.publisher import Publisher
from services.chat.domain.drafts import Run, Written
from services.chat.frames.server import Message, encode
from services.chat.models import Outbox
from services.chat.store import CHAT_EVENTS

DELETE_WITHIN_S = 0.4
"""How long a published row may stay, where no transaction of the writer takes it along."""

LEFT_TO_RELAY = metrics.counter(
    "parley_outbox_left_to_relay", "Outbox rows that could not be published from memory."
)

log = structlog.get_logger(__name__)


class Announcer:
    """One per process; ``announce`` never waits and never fails."""

    def __init__(self, *, publisher: Publisher, database: DatabaseThreads, partitions: int) -> None:
        self._publisher = publisher
        self._database = database
        self._partitions = partitions
        self._news: list[Written] = []
        self._published: list[int] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()

    def announce(self, written: Written) -> None:
        """Publish soon what one transaction wrote."""
        self._news.append(written)
        self._wake.set()
        self._idle.clear()

    def take_published(self) -> list[int]:
        """Hand over the rows whose news is out; the caller deletes them or puts them back."""
        published, self._published = self._published, []
        return published

    def put_back_published(self, rows: Sequence[int]) -> None:
        """Take back rows that were not deleted after all."""
        self._published.extend(rows)

    async def run(self) -> None:
        """Publish what comes, until cancelled."""
        while True:
            if not self._news:
                self._idle.set()
            await self._wake.wait()
            self._wake.clear()
            news, self._news = self._news, []
            if news:
                await self._publish(news)

    async def flush(self, within_s: float) -> None:
        """Wait until all news are out, at most ``within_s``; the relay has the rest."""
        waiter = asyncio.ensure_future(self._idle.wait())
        await asyncio.wait({waiter}, timeout=within_s)
        waiter.cancel()
        await self.delete_published()

    async def delete_published_now_and_then(self) -> None:
        """Delete rows that no transaction takes along, until cancelled."""
        while True:
            await asyncio.sleep(DELETE_WITHIN_S)
            await self.delete_published()

    async def delete_published(self) -> None:
        """Delete the rows whose news is out, or keep them in mind for the next time."""
        rows = self.take_published()
        if not rows:
            return
        try:
            await self._database.run(_delete, rows)
        except ParleyError:
            self.put_back_published(rows)

    async def _publish(self, news: Sequence[Written]) -> None:
        events: dict[int, list[MessageCreated]] = {}
        for written in news:
            for run in written.runs:
                partition = partition_of(run.room, self._partitions)
                events.setdefault(partition, []).append(_created(run))
        try:
            await self._publisher.publish(
                [Outgoing(CHAT_EVENTS, partition, batch) for partition, batch in events.items()]
            )
        except Unavailable:
            LEFT_TO_RELAY.inc(len(news))
        else:
            self._published.extend(written.outbox_id for written in news)


def _created(run: Run) -> MessageCreated:
    created_at = to_wire(run.created_at)
    return MessageCreated(
        room=run.room,
        first_seq=run.first_seq,
        last_seq=run.first_seq + len(run.drafts) - 1,
        room_version=run.version,
        frames=[
            MessageFrame(
                seq=seq,
                sender=draft.sender,
                session=draft.session,
                frame=msgspec.Raw(encode(Message.of(draft, seq, created_at)).encode()),
            )
            for seq, draft in enumerate(run.drafts, start=run.first_seq)
        ],
    )


def _delete(rows: Sequence[int]) -> None:
    Outbox.objects.filter(id__in=rows).delete()
