"""uvicorn without its ten looks a second whether it is to stop: twenty wake-ups of an idle process."""

import asyncio
import contextlib

import uvicorn

RENEW_DATE_S = 1.0
"""How old the ``Date`` of an answer may be, where one is told."""


class PatientServer(uvicorn.Server):
    """A server that is told to stop: ``should_exit`` may be set from its event loop only."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._asked_to_exit = asyncio.Event()
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        """Whether it is to take no more connections, and to end."""
        return self._asked_to_exit.is_set()

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        if value:
            self._asked_to_exit.set()
        else:
            self._asked_to_exit.clear()

    async def main_loop(self) -> None:
        """Return when it is to exit."""
        look_every_s = RENEW_DATE_S if self.config.date_header else None
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked_to_exit.wait(), look_every_s)
