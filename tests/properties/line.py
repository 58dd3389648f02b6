"""The network between a client and the suite: a line that is cut, hangs, and is mended again."""

import contextlib
from collections.abc import AsyncIterator
from typing import Self
from urllib.parse import urlsplit

from dev.ports import LOOPBACK
from tests.faults.rig.proxy import Proxy, Way, Weather


class Line:
    """Carries bytes to a server and back. Made by ``Line.to``."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        """Lay a line to a server, for as long as the block lasts."""
        proxy = Proxy(lambda: urlsplit(url).port or 0)
        await proxy.start()
        try:
            yield cls(proxy)
        finally:
            await proxy.stop()

    @property
    def url(self) -> str:
        """What to connect to in place of the server."""
        return f"http://{LOOPBACK}:{self._proxy.port}"

    def cut(self) -> None:
        """Break what is open without a word, and let nobody connect until it is mended."""
        self._proxy.change(Weather(is_refusing=True))
        self._proxy.reset()

    def cut_after(self, way: Way, more_bytes: int) -> None:
        """Cut it once so many more bytes have passed in one direction."""
        self._proxy.change(Weather(is_refusing=True, bytes_left={way: more_bytes}))

    def hang(self) -> None:
        """Keep what is open, but let nothing pass until it is mended."""
        self._proxy.change(Weather(stalled={Way.UP, Way.DOWN}))

    def mend(self) -> None:
        """Let everything pass again."""
        self._proxy.heal()
