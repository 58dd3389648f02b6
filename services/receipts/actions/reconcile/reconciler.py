"""Compares watermarks with the log and with chat, room by room, and tells what does not agree.

News that are on their way are no drift: what differs is asked again after a moment, and counts only
where the same numbers stand there still.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from libs.common.database import DatabaseThreads
from libs.common.events import RoomSnapshot
from services.receipts.domain.drift import KINDS, Case, chat_cases
from services.receipts.selectors.reconciling import (
    BEGINNING,
    log_cases_in,
    rooms_after,
    watermarks_in,
)

PAUSE_S = 0.2
"""Between two pages of about 2000 members, beside the traffic."""
AGAIN_AFTER_S = 2.0
"""After which news that were on their way have arrived."""
CASES_KEPT = 10

Ask = Callable[[Collection[str]], Awaitable[Mapping[str, RoomSnapshot]]]
"""Asks chat about rooms; what it says nothing of is left out."""


class ChatIsSilent(Exception):
    """Chat answered about no room of a page: it is down, or does not read requests."""


@dataclass(kw_only=True)
class Report:
    """What was compared, and what does not agree.

    Attributes:
        rooms: how many.
        members: present ones.
        drift: cases by kind; every kind is there.
        cases: the first few of them.
    """

    rooms: int = 0
    members: int = 0
    drift: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    cases: list[Case] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return not self.drift.total()

    def add(self, cases: Collection[Case]) -> None:
        """Take in what was found in a page."""
        self.drift.update(case.kind for case in cases)
        ordered = sorted(cases, key=lambda case: (case.room, case.user, case.kind))
        self.cases += ordered[: CASES_KEPT - len(self.cases)]


class Reconciler:
    """Compares everything once a ``run``; it writes nothing.

    Args:
        ask: see ``Ask``.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        database: DatabaseThreads,
        *,
        ask: Ask,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._ask = ask
        self._sleep = sleep

    async def run(
        self,
        rooms: Sequence[str] | None = None,
        *,
        on_page: Callable[[], Awaitable[object]] | None = None,
    ) -> Report:
        """Go through some rooms, or all.

        Args:
            rooms: at most 100; None means all.
            on_page: called after each page; what it raises ends the run.

        Raises:
            ChatIsSilent: in the middle of it, perhaps.
            ParleyError, redis.RedisError: a database did not take part.
        """
        report = Report()
        page = await self._database.run(rooms_after, BEGINNING) if rooms is None else rooms
        while page:
            await self._compare(page, report)
            page = await self._database.run(rooms_after, page[-1]) if rooms is None else ()
            if on_page is not None:
                await on_page()
            await self._sleep(PAUSE_S)
        return report

    async def _compare(self, rooms: Collection[str], report: Report) -> None:
        report.rooms += len(rooms)
        report.add(await self._database.run(log_cases_in, rooms))
        theirs = await self._ask(rooms)
        if not theirs:
            raise ChatIsSilent
        ours = await self._database.run(watermarks_in, rooms)
        report.members += len(ours)
        differing = chat_cases(rooms, ours, theirs)
        if differing:
            await self._sleep(AGAIN_AFTER_S)
            report.add(differing & await self._cases_now({case.room for case in differing}))

    async def _cases_now(self, rooms: Collection[str]) -> set[Case]:
        theirs = await self._ask(rooms)
        return chat_cases(rooms, await self._database.run(watermarks_in, rooms), theirs)
