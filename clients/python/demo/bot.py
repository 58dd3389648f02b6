"""``Bot``: does what ``deciding`` says, on a chat.

Each message is dealt with in a task of its own, so that ten seconds of waiting in one room hold up
no other. They are never many at a time: the server bounds how fast people write.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from clients.python.demo.cast import is_program
from clients.python.demo.deciding import Heard, decide
from clients.python.demo.door import Door
from clients.python.demo.script import CLIENT_IDS
from clients.python.demo.steps import BeAway, Read, Say, Sleep, Step, TakeBack, Type, Wait
from clients.python.parley import Chat, Message, ParleyError

logger = logging.getLogger(__name__)

KEY_EVERY_S = 0.2
"""From one key to the next; the others hear of no more."""
HERE_EVERY_S = 60.0
"""How often it says that it is there; the library passes on what is needed of it."""

Pause = Callable[[float], Awaitable[object]]
"""Waits so many seconds, or for less where nobody watches."""


class Bot:
    """See the module.

    Args:
        chat: connected, through the door.
        door: shut while it sleeps.
        pause: how it waits.
    """

    def __init__(self, chat: Chat, door: Door, *, pause: Pause = asyncio.sleep) -> None:
        self._chat = chat
        self._door = door
        self._pause = pause
        self._is_away = False
        self._usernames: dict[str, str] = {}

    async def run(self) -> None:
        """Deal with what comes, until the chat ends.

        Raises:
            ExceptionGroup: of the ``ParleyError`` with which it ended.
        """
        async with asyncio.TaskGroup() as tasks:
            async for message in self._chat.messages():
                tasks.create_task(self._deal_with(message))

    async def stay(self) -> None:
        """Say again and again whether it is at its desk: long silence would mean that it is not."""
        while True:
            self._tell_activity()
            await self._pause(HERE_EVERY_S)

    async def _deal_with(self, message: Message) -> None:
        try:
            for step in decide(await self._heard(message)):
                await self._door.passed()
                await self._do(step, message)
        except ParleyError as error:  # removed from the room meanwhile, or nothing is reached
            logger.warning("a message is not answered: %s", error.code)

    async def _heard(self, message: Message) -> Heard:
        if message.client_id in CLIENT_IDS:
            return Heard(text=message.content, is_seeded=True)
        room = self._chat.rooms.get(message.room)
        return Heard(
            text=message.content,
            is_direct=room is not None and room.kind == "direct",
            by_program=is_program(await self._username(message.sender)),
        )

    async def _username(self, user: str) -> str:
        if user not in self._usernames:
            people = await self._chat.api.users_by_id([user])
            self._usernames.update({person.id: person.username for person in people})
        return self._usernames.get(user, "")

    async def _do(self, step: Step, message: Message) -> None:
        match step:
            case Wait(seconds):
                await self._pause(seconds)
            case Read():
                self._chat.read(message.room, message.seq)
            case Type(seconds):
                await self._type(message.room, seconds)
            case TakeBack():
                self._chat.stop_typing(message.room)
            case Say(text, quotes):
                reply_to = message.seq if quotes else None
                await self._chat.send(message.room, text, reply_to=reply_to)
            case BeAway(seconds):
                await self._be_away(seconds)
            case Sleep(seconds):
                logger.info("offline for %g s", seconds)
                async with self._door.shut(self._chat):
                    await self._pause(seconds)

    async def _type(self, room: str, seconds: float) -> None:
        for _ in range(round(seconds / KEY_EVERY_S)):
            self._chat.type(room)
            await self._pause(KEY_EVERY_S)

    async def _be_away(self, seconds: float) -> None:
        self._is_away = True
        self._tell_activity()
        try:
            await self._pause(seconds)
        finally:
            self._is_away = False
        self._tell_activity()

    def _tell_activity(self) -> None:
        self._chat.activity("away" if self._is_away else "active")
