"""Answers ``sync``: what is missing, in pages that are pulled as fast as the socket takes them."""

import asyncio

import msgspec

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import RateLimited
from libs.common.tasks import TaskSet
from services.chat.consumers.bugs import told
from services.chat.frames import client, server
from services.chat.hub import Outbound
from services.chat.selectors.messages import missing_ranges, readable_between

WAITING = 8
"""``sync`` frames of one session that may wait for the one before them."""
RETRY_AFTER_S = 1.0


class Syncing:
    """The ``sync`` frames of one socket, answered one at a time and in order.

    Live frames may come in between; each page judges anew what the user may read.
    """

    def __init__(
        self,
        *,
        user: str,
        outbound: Outbound,
        database: DatabaseThreads,
        clock: Clock,
        tasks: TaskSet,
    ) -> None:
        self._user = user
        self._outbound = outbound
        self._database = database
        self._clock = clock
        self._tasks = tasks
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    def begin(self, frame: client.Sync) -> None:
        """Answer a frame in the background.

        Raises:
            RateLimited: too many wait already.
        """
        if self._waiting >= WAITING:
            raise RateLimited(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        self._tasks.spawn(self._answer(frame), name="sync")

    async def _answer(self, frame: client.Sync) -> None:
        try:
            async with self._one_at_a_time:
                await self._send_missing(frame)
        except Exception as error:  # noqa: BLE001 - no question stays without an answer
            self._send(server.error_frame(told(error), ref=frame.ref))
        finally:
            self._waiting -= 1

    async def _send_missing(self, frame: client.Sync) -> None:
        planned = await self._database.run(
            missing_ranges,
            user_id=self._user,
            cursors=frame.cursors,
            now=self._clock.now(),
        )
        sent = [await self._send_range(missed) for missed in planned]
        self._send(server.Synced(rooms=sent, ref=server.given(frame.ref)))

    async def _send_range(self, missed: server.SyncedRoom) -> server.SyncedRoom:
        """Send one room's messages; return how far it went."""
        next_seq = missed.from_
        while next_seq <= missed.to and not self._outbound.closed:
            page = await self._database.run(
                readable_between,
                user_id=self._user,
                room_id=missed.room,
                first_seq=next_seq,
                last_seq=missed.to,
            )
            if not page:
                break
            for message in page:
                # Not once a page: as JSON it may be six times as long as it is stored.
                await self._outbound.has_room()
                self._send(message)
            next_seq = page[-1].seq + 1
        return msgspec.structs.replace(missed, to=next_seq - 1)

    def _send(self, frame: server.AnyServerFrame) -> None:
        self._outbound.send(server.encode(frame))
