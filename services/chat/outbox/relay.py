"""Publishes what stands in the outbox and was not published from memory.

Any process does it for all: a row is locked while it is published (SKIP LOCKED), so two of them
share the work. What was published and not deleted is published again; readers bear that.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable, Sequence

import msgspec
import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.events import (
    Event,
    MessageCreated,
    MessageFrame,
    RoomChanged,
    RoomMember,
    UserChanged,
    UserRevoked,
)
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import partition_of
from libs.common.streams.publisher import Publisher
from services.chat.frames.server import encode
from services.chat.models import Outbox
from services.chat.selectors.messages import messages_between
from services.chat.selectors.people import people_by_ids
from services.chat.selectors.rooms import heads_of, members_of
from services.chat.store import CHAT_EVENTS, CHAT_ROOMS

LOOK_EVERY_S = 0.5
OLD_AFTER = dt.timedelta(seconds=1)
"""Age from which a row about messages is left over; younger ones are being published."""
ROWS = 50
"""Rows of one round: bounds the transaction that holds their locks."""
PUBLISH_WITHIN_S = 1.0
"""How long a thread waits for the loop to publish; above the publisher's own bound."""

RELAYED = metrics.counter("parley_outbox_relayed", "Outbox rows published by the relay.")

log = structlog.get_logger(__name__)


class Relay:
    """One per process.

    Args:
        on_held_up: told after each round that left something unpublished.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        database: DatabaseThreads,
        partitions: int,
        on_held_up: Callable[[], None],
    ) -> None:
        self._on_held_up = on_held_up
        self._publisher = publisher
        self._database = database
        self._partitions = partitions
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Look now: something other than a message was committed in this process."""
        self._poked.set()

    async def run(self) -> None:
        """Look every ``LOOK_EVERY_S`` and when poked, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), LOOK_EVERY_S)
            self._poked.clear()
            try:
                await self.publish_left_over()
            except ParleyError as error:
                log.info("relay_waits", code=error.code)
                self._on_held_up()
            except Exception:
                log.exception("relay_bug")

    async def publish_left_over(self) -> None:
        """Publish all rows that are left over.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; what is left stays for later.
        """
        loop = asyncio.get_running_loop()
        while await self._database.run(self._publish_some, loop) == ROWS:
            pass

    def _publish_some(self, loop: asyncio.AbstractEventLoop) -> int:
        """Publish one round, in a thread; return how many rows it was."""
        with transaction.atomic():
            rows = list(
                Outbox.objects.select_for_update(skip_locked=True)
                .filter(
                    ~Q(event="message.created") | Q(created_at__lt=Now() - OLD_AFTER),
                )
                .order_by("id")[:ROWS]
            )
            if rows:
                outgoing = [item for row in rows for item in self._outgoing(row)]
                self._publish(outgoing, loop)
                Outbox.objects.filter(id__in=[row.id for row in rows]).delete()
                RELAYED.inc(len(rows))
        return len(rows)

    def _publish(self, outgoing: Sequence[Outgoing], loop: asyncio.AbstractEventLoop) -> None:
        publishing = asyncio.run_coroutine_threadsafe(self._publisher.publish(outgoing), loop)
        try:
            publishing.result(PUBLISH_WITHIN_S)
        except TimeoutError as error:
            raise Unavailable from error

    def _outgoing(self, row: Outbox) -> list[Outgoing]:
        subjects = [str(subject) for subject in row.subjects]
        match row.event:
            case "message.created":
                ranges = zip(subjects, row.first_seqs, row.last_seqs, strict=True)
                return [
                    Outgoing(
                        CHAT_EVENTS,
                        partition_of(room, self._partitions),
                        [_created(room, first_seq, last_seq)],
                    )
                    for room, first_seq, last_seq in ranges
                ]
            case "room.changed":
                events: list[Event] = [e for room in subjects for e in _room_changed(room)]
            case "user.changed":
                events = [
                    UserChanged(user=p.id, username=p.username, display_name=p.display_name)
                    for p in people_by_ids(ids=subjects)
                ]
            case "user.revoked":
                user, *sids = subjects
                events = [UserRevoked(user=user, sids=tuple(sids))]
            case _:
                log.error("outbox_row_of_unknown_kind", kind=row.event)
                events = []
        return [Outgoing(CHAT_ROOMS, 0, events)] if events else []


def _created(room: str, first_seq: int, last_seq: int) -> MessageCreated:
    (head,) = heads_of([room])
    messages = messages_between(
        room_id=room, first_seq=first_seq, last_seq=last_seq, limit=last_seq - first_seq + 1
    )
    return MessageCreated(
        room=room,
        first_seq=first_seq,
        last_seq=last_seq,
        room_version=head.version,
        frames=[
            MessageFrame(
                seq=message.seq,
                sender=message.sender,
                frame=msgspec.Raw(encode(message).encode()),
            )
            for message in messages
        ],
    )


def _room_changed(room: str) -> Sequence[RoomChanged]:
    state = members_of(room)
    if state is None:
        return []
    members = [
        RoomMember(
            user=member.user,
            role=member.role,
            joined_seq=member.joined_seq,
            delivered_seq=member.delivered_seq,
            read_seq=member.read_seq,
        )
        for member in state.members
        if member.left_seq is None
    ]
    return [RoomChanged(room=room, version=state.version, last_seq=state.last_seq, members=members)]
