"""What a chat's connections go through: while it is shut, there is none.

The chat itself knows nothing of it. To it the network is lost, and it comes back as from any loss.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from clients.python.parley import Chat, Socket


class Door:
    """Open at first. ``open_socket`` is for the options of one chat."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()
        self._is_open.set()

    async def open_socket(
        self, base_url: str, *, token: str, headers: Mapping[str, str] | None = None
    ) -> Socket:
        """Do as ``Socket.open`` does, once the door is open."""
        await self._is_open.wait()
        return await Socket.open(base_url, token=token, headers=headers)

    async def passed(self) -> None:
        """Wait until it is open."""
        await self._is_open.wait()

    @asynccontextmanager
    async def shut(self, chat: Chat) -> AsyncIterator[None]:
        """Cut the chat off for as long as the block lasts; return when it is back."""
        changes = chat.state_changes()
        self._is_open.clear()
        chat.abort()
        try:
            yield
        finally:
            self._is_open.set()
        if not chat.connected:
            async for state in changes:
                if state.is_connected:
                    return
