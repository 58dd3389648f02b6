"""The people and the rooms in which the events of the table happen."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Self

from clients.python import parley
from clients.python.parley.pending import Draft
from tests.background import in_background
from tests.integration.chat.world import Person, World
from tests.integration.state.device import Device, aside
from tests.integration.waiting import until

KEY_S = 0.1
"""From one key to the next of somebody who goes on typing."""


class Stage:
    """Me with a device, and others: Ann, with whom I have a direct room, and Bob.

    All HTTP interfaces are through the gateway; nobody but the device has a connection until an
    event lets them ``come``.

    Attributes:
        device: the one that is looked at, and does what one does ``here``.
        witness: hears everything; another one only where ``device`` does not.
        mine: me, elsewhere: over HTTP.
        anns: Ann, over HTTP; so is ``bobs``.
        direct: the room with Ann.
        groups: Ann's, with Bob and me, for as long as I am in them.
        choice: of what may be one way or another.
    """

    device: Device
    witness: Device

    def __init__(self, world: World, stack: contextlib.AsyncExitStack, *, seed: int = 0) -> None:
        self.world = world
        self.choice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.groups: list[str] = []
        self.direct = ""
        self._stack = stack
        self._crowd: list[Person] = []

    async def set(self, me: Person, ann: Person, bob: Person) -> Self:
        """Let the people sign in, and open their first rooms."""
        self.me, self.ann, self.bob = me, ann, bob
        self.mine, self.anns, self.bobs = [await self._signed_in(one) for one in (me, ann, bob)]
        self.direct = (await self.anns.api.create_room("direct", [me.id])).id
        await self.new_group()
        return self

    async def connect(self) -> Device:
        """Connect my device."""
        self.device = self.witness = await self.device_at("")
        return self.device

    async def device_at(self, socket_url: str) -> Device:
        """Connect a device of mine to a process of chat, or through the gateway."""
        device = Device(self.world.url, self.me, socket_url=socket_url)
        return await self._stack.enter_async_context(device.connected())

    async def come(self, person: Person) -> parley.Chat:
        """Let somebody connect, until the end of the test or until they leave."""
        return await self._stack.enter_async_context(await self._chat(person))

    @contextlib.asynccontextmanager
    async def visit(self, person: Person) -> AsyncIterator[parley.Chat]:
        """Let somebody be connected for a moment."""
        async with await self._chat(person) as chat:
            yield chat

    async def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on, until the end of the test."""
        await self._stack.enter_async_context(in_background(work))

    async def goes_on(self, deed: Callable[[], None]) -> None:
        """Let somebody do something all the while, until the end of the test."""
        await self.beside(_again_and_again(deed))

    async def acquaintance(self) -> Person:
        """Make somebody of whom I know, and who does nothing yet."""
        eve = self.world.person("Eve")
        await self.mine.api.create_room("direct", [eve.id])
        return eve

    async def new_group(self) -> str:
        """Let Ann open a group."""
        people = [self.me.id, self.bob.id]
        self.groups.append((await self.anns.api.create_room("group", people, name="Trip")).id)
        return self.groups[-1]

    async def group(self) -> str:
        """Return a group of Ann's in which I am, and know it."""
        room = self.choice.choice(self.groups) if self.groups else await self.new_group()
        await self.until_known(room)
        return room

    async def big_group(self, size: int = 40) -> str:
        """Let Ann open a group in which nobody is told of each single member."""
        people = [self.me.id, self.bob.id, *(one.id for one in self.crowd(size))]
        room = (await self.anns.api.create_room("group", people, name="Everybody")).id
        await self.until_known(room)
        return room

    def crowd(self, size: int) -> Sequence[Person]:
        """Return people of whom nobody does anything."""
        self._crowd += self.world.people(size - len(self._crowd))
        return self._crowd

    async def until_known(self, room: str) -> None:
        """Wait until I know of a room, unless I have no network."""
        mine = self.witness
        await until(lambda: room in mine.chat.rooms or not mine.has_network, what="the room")

    async def until_held(self, room: str, seq: int) -> None:
        """Wait until I have a message, unless I have no network."""
        mine = self.witness
        await until(lambda: mine.chat.cursor(room) >= seq or not mine.has_network, what="a message")

    async def say(self, chat: parley.Chat, room: str, content: str = "hello") -> int:
        """Let somebody write over HTTP; return the seq."""
        message, _ = await chat.api.send(Draft(room=room, content=content))
        return message.seq

    async def _signed_in(self, person: Person) -> parley.Chat:
        chat = await self._chat(person)
        self._stack.push_async_callback(chat.close)
        return chat

    async def _chat(self, person: Person) -> parley.Chat:
        return await parley.with_token(self.world.url, person.token, aside())


async def _again_and_again(deed: Callable[[], None]) -> None:
    while True:
        deed()
        await asyncio.sleep(KEY_S)
