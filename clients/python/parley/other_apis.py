"""The HTTP interfaces of receipts, presence and queue: chatting goes on while they are down."""

from collections.abc import AsyncIterator, Sequence

import httpx

from .calling import Caller, body_of
from .frames import Presence, PresenceOf, Watermark
from .pending import Draft
from .shapes import (
    MarksPage,
    MessageReceipt,
    OwnPresence,
    QueueStatus,
    ReceiptsPage,
)

RECEIPTS = "/api/receipts"
PRESENCE = "/api/presence"
QUEUE = "/api/queue"


class ReceiptsApi(Caller):
    """Who has received and read what."""

    async def receipts(self, room: str) -> AsyncIterator[Watermark]:
        """Yield how far each member of a room is, page by page, by id.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
            Unavailable: the receipts service is down.
        """
        async for page in self._pages(MarksPage, f"{RECEIPTS}/rooms/{room}"):
            for mark in page.members:
                yield mark

    async def message_receipts(self, room: str, seq: int) -> AsyncIterator[MessageReceipt]:
        """Yield who has received and read one message, and when, page by page, by id.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
            NotFound: there is no such message.
            Unavailable: the receipts service is down.
        """
        async for page in self._pages(ReceiptsPage, f"{RECEIPTS}/rooms/{room}/messages/{seq}"):
            for receipt in page.members:
                yield receipt


class PresenceApi(Caller):
    """Who is there."""

    async def presence(self, ids: Sequence[str]) -> list[PresenceOf]:
        """Return whether these people are there: at most 200, with all of whom one shares a room.

        Raises:
            PermissionDenied: with one of them one shares none.
            Unavailable: the presence service is down.
        """
        answer = await self._get(Presence, f"{PRESENCE}/users", ids=",".join(ids))
        return list(answer.users)

    async def my_presence(self) -> OwnPresence:
        """Return how the server sees oneself, all devices together.

        Raises:
            Unavailable: the presence service is down.
        """
        return await self._get(OwnPresence, f"{PRESENCE}/me")


class QueueApi(Caller):
    """What waits."""

    async def queue_outgoing(self, draft: Draft) -> bool:
        """Leave a message to the queue service, which sends it once chat takes it.

        Returns:
            Whether it was new; otherwise it was there already. What becomes of it is told to the
            sender's sessions: ``ack``, or ``failed``.

        Raises:
            PermissionDenied: as far as the service has heard, the user is not a member.
            ClientIdReused: it holds another text under that client_id.
            Unavailable: the queue service is down.
        """
        body = {"room": draft.room, **body_of(draft)}
        answer = await self.request("POST", f"{QUEUE}/outgoing", body=body)
        return answer.status_code == httpx.codes.ACCEPTED

    async def get_queue_status(self) -> QueueStatus:
        """Return what waits in the queue service for the user, and of theirs.

        Raises:
            Unavailable: the queue service is down.
        """
        return await self._get(QueueStatus, f"{QUEUE}/status")
