"""A socket without a network: it keeps what is written, and is as slow as it is told to be."""

import asyncio
from collections.abc import Callable


class FakeWire:
    """A ``Wire``.

    Attributes:
        ready: whether it takes a frame at once.
        written: the frames that went out, in order.
        codes: the close codes that were sent.
    """

    def __init__(self, *, ready: bool = True) -> None:
        self.ready = ready
        self.written: list[str] = []
        self.codes: list[int] = []
        self.stalled = False
        self._moved = asyncio.Event()

    def write(self, text: str) -> None:
        """Keep a frame."""
        self.written.append(text)

    def hear(self, on_text: Callable[[str | None], None]) -> None:
        """Leave it to the consumer to receive."""

    async def drained(self, within_s: float) -> bool:
        """Wait until it is told to go on; False where it was told that nobody reads."""
        await self._moved.wait()
        self._moved.clear()
        return not self.stalled

    def close(self, code: int) -> None:
        """Keep a close code."""
        self.codes.append(code)

    def go_on(self, *, ready: bool = True, stalled: bool = False) -> None:
        """Let ``drained`` return."""
        self.ready, self.stalled = ready, stalled
        self._moved.set()
