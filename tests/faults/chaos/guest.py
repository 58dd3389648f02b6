"""Somebody who is added to a group and removed from it again and again.

All the time they listen, try to write there, and claim to have received more than there is.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from clients.python import parley
from clients.python.parley.pending import draft_of
from tests.background import in_background, repeating
from tests.faults.chaos.onlookers import keep_listening
from tests.faults.judging.history import Admitting, Excluded, Fetched, Refused, Unknown
from tests.faults.listener import Listener
from tests.faults.stage import Stage

STAYS_S = 1.5
WRITES_EVERY_S = 0.1
FAR_AHEAD = 1_000_000
"""A seq that no room has."""
AGAIN_S = 0.2
PACE_S = 0.15


class Guest:
    """The group, its owner, and the guest's raw sessions.

    Attributes:
        stays: how often they were in.
    """

    def __init__(
        self, stage: Stage, host: parley.Chat, chat: parley.Chat, *, user: str, room: str
    ) -> None:
        self.listeners: list[Listener] = []
        self.stays = 0
        self._stage = stage
        self._host = host
        self._chat = chat
        self._room = room
        self._user = user

    @classmethod
    async def invite(
        cls, stage: Stage, *, host: parley.Chat, members: Sequence[parley.Chat]
    ) -> "Guest":
        """Register the guest, and open the group without them."""
        chat, user = await stage.account()
        room = await stage.group_of(host, members)
        for member in (host, *members):
            stage.notes.history.add(Admitting(room, member.user_id))
        return cls(stage, host, chat, user=user, room=room)

    @contextlib.asynccontextmanager
    async def coming_and_going(self) -> AsyncIterator[None]:
        """Let the host speak, and the guest be in and out, inside the block."""
        async with (
            in_background(keep_listening(self._stage, self._chat, self.listeners)),
            repeating(self._come_and_go, self._write),
            self._stage.traffic((self._host, self._room), workers=1, pace_s=PACE_S),
        ):
            yield

    async def _come_and_go(self) -> None:
        notes, api = self._stage.notes, self._host.api
        notes.history.add(Admitting(self._room, self._user))
        await self._until_done(lambda: api.add_members(self._room, [self._user]))
        await asyncio.sleep(STAYS_S)
        await self._until_done(lambda: api.remove_member(self._room, self._user))
        notes.history.add(Excluded(self._room, self._user))
        self.stays += 1
        await asyncio.sleep(STAYS_S)

    async def _write(self) -> None:
        notes = self._stage.notes
        draft = draft_of(self._room, f"message {uuid.uuid4()}", None, None)
        notes.invoked(self._room, self._user, draft.client_id, draft.content)
        try:
            message, _ = await self._chat.api.send(draft)
            notes.acked(draft.client_id, message.seq)
        except parley.PermissionDenied:
            notes.history.add(Refused(draft.client_id))
        except parley.ParleyError:  # perhaps of the gateway, which does not know either
            notes.history.add(Unknown(draft.client_id))
        for listener in self.listeners[-1:]:
            await listener.claim(self._room, FAR_AHEAD)
        with contextlib.suppress(parley.ParleyError):
            await self._chat.api.report_receipts(self._room, delivered_seq=FAR_AHEAD)
        with contextlib.suppress(parley.ParleyError):
            self._take((await self._chat.api.sync({self._room: 0})).messages)
        with contextlib.suppress(parley.ParleyError):
            self._take((await self._chat.api.history(self._room)).messages)
        await asyncio.sleep(WRITES_EVERY_S)

    def _take(self, messages: Sequence[parley.Message]) -> None:
        for one in messages:
            self._stage.notes.history.add(Fetched(self._user, one.room, one.seq, one.client_id))

    @staticmethod
    async def _until_done(call: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await call()
            except parley.ParleyError as error:
                if isinstance(error, parley.Unauthenticated | parley.PermissionDenied):
                    raise
                await asyncio.sleep(AGAIN_S)
            else:
                return
