"""All programs of the cast, connected: the bot, and those who read along in the group.

They come in as anybody does, and outlive whatever becomes of the services behind.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from clients.python.demo.bot import Bot, Pause
from clients.python.demo.cast import BOT, PASSWORD, READERS, Person
from clients.python.demo.door import Door
from clients.python.parley import Chat, Options, Socket

logger = logging.getLogger(__name__)

OPEN_WITHIN_S = 60.0
"""How long it waits for a server that is not there yet."""
READ_AFTER_S = 1.5
"""After which the first of the readers looks; the others take two, three times as long."""


async def keep_company(url: str, *, pause: Pause = asyncio.sleep) -> None:
    """Be there until cancelled.

    Args:
        url: the server's HTTP address, where ``seed`` has been.
        pause: how they wait.

    Raises:
        ExceptionGroup: of the ``ParleyError`` with which one of the chats ended for good.
    """
    door = Door()
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        for number, reader in enumerate(READERS, start=1):
            chat = await stack.enter_async_context(_chat(url, reader))
            tasks.create_task(read_along(chat, after_s=number * READ_AFTER_S, pause=pause))
        chat = await stack.enter_async_context(_chat(url, BOT, door.open_socket))
        bot = Bot(chat, door, pause=pause)
        tasks.create_task(bot.run())
        tasks.create_task(bot.stay())
        logger.info("%s is here, and so are %d who read along", BOT.name, len(READERS))


async def read_along(chat: Chat, *, after_s: float, pause: Pause) -> None:
    """Read whatever comes, a while after it came."""
    async for message in chat.messages():
        await pause(after_s)
        chat.read(message.room)


def _chat(
    url: str, person: Person, open_socket: Callable[..., Awaitable[Socket]] = Socket.open
) -> Chat:
    options = Options(open_timeout_s=OPEN_WITHIN_S, open_socket=open_socket)
    return Chat(url, username=person.username, password=PASSWORD, options=options)
