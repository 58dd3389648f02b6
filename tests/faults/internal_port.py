"""What a process tells of itself on its internal port, and what its memory is."""

import asyncio

import httpx
import psutil

from dev.extra_chat import ExtraChat
from dev.state import ProcessState
from tests.faults.waiting import LOOK_S, WITHIN_S


class Insight:
    """Looks into one process of chat."""

    def __init__(self, process: ProcessState | ExtraChat) -> None:
        self._url = f"http://127.0.0.1:{process.internal_port}/metrics"
        self._process = psutil.Process(process.pid)
        self._first_bytes = self._process.memory_info().rss
        self.grown_bytes = 0

    async def metric(self, name: str) -> float:
        """Return a metric that has no labels, and look at the memory by the way."""
        grown_bytes = self._process.memory_info().rss - self._first_bytes
        self.grown_bytes = max(self.grown_bytes, grown_bytes)
        (value,) = [value for series, value in await self._told() if series == name]
        return value

    async def total(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's series that have these labels; 0 before the first of them."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            value
            for series, value in await self._told()
            if series.partition("{")[0] == name and all(each in series for each in wanted)
        )

    async def until_total(self, name: str, least: float, **labels: str) -> None:
        """Wait until such a sum is at least this."""
        async with asyncio.timeout(WITHIN_S):
            while await self.total(name, **labels) < least:
                await asyncio.sleep(LOOK_S)

    async def until_metric(self, name: str, value: float) -> None:
        """Wait until a metric has this value."""
        async with asyncio.timeout(WITHIN_S):
            while await self.metric(name) != value:
                await asyncio.sleep(LOOK_S)

    async def _told(self) -> list[tuple[str, float]]:
        async with httpx.AsyncClient() as http:
            lines = (await http.get(self._url, timeout=WITHIN_S)).text.splitlines()
        pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return [(series, float(value)) for series, value in pairs]
