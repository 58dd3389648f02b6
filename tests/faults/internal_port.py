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
        async with httpx.AsyncClient() as http:
            lines = (await http.get(self._url, timeout=WITHIN_S)).text.splitlines()
        (value,) = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
        return float(value)

    async def until_metric(self, name: str, value: float) -> None:
        """Wait until a metric has this value."""
        async with asyncio.timeout(WITHIN_S):
            while await self.metric(name) != value:
                await asyncio.sleep(LOOK_S)
