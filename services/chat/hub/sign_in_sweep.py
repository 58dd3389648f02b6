"""Closes sockets whose sign-in has ended, whatever the streams and the channel layer told.

Everything else is faster; this is what holds when every signal is lost.
"""

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.domain.closing import NOT_AUTHENTICATED
from services.chat.domain.sign_ins import Ended, could_renew, why_ended
from services.chat.hub.session import Session
from services.chat.selectors.sign_ins import sign_ins_by_sid

SIDS_PER_READ = 1000
"""Sign-ins that one statement asks for."""

CLOSED = metrics.counter(
    "parley_sockets_closed_by_sweep", "Sockets closed because the sweep found why.", ["reason"]
)

log = structlog.get_logger(__name__)


class SignInSweep:
    """One per process.

    Args:
        all_sessions: returns every open session of the process.
        every_s: time from one sweep to the next. With the longest read (3 s) it is also the
            longest that a sign-in which ended keeps its sockets.
    """

    def __init__(
        self,
        *,
        all_sessions: Callable[[], Iterable[Session]],
        database: DatabaseThreads,
        clock: Clock,
        every_s: float,
    ) -> None:
        self._all_sessions = all_sessions
        self._database = database
        self._clock = clock
        self._every_s = every_s
        self._failed_at_s: float | None = None

    async def run(self) -> None:
        """Sweep for ever, each process in a phase of its own; cancel it to stop."""
        await asyncio.sleep(random.uniform(0, self._every_s))  # noqa: S311  # no secret
        while True:
            try:
                await self.sweep()
            except ParleyError as error:
                log.info("sign_in_sweep_waits", code=error.code)
            except Exception:
                log.exception("sign_in_sweep_bug")
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> None:
        """Judge all sessions once, and close those whose sign-in has ended.

        Raises:
            ParleyError: the database did not answer. For a while afterwards nobody is closed for
                not having renewed: they could not.
        """
        by_sid: dict[str, list[Session]] = defaultdict(list)
        for session in self._all_sessions():
            by_sid[session.sid].append(session)
        sids = iter(by_sid)
        while part := list(itertools.islice(sids, SIDS_PER_READ)):
            await self._judge(part, by_sid)

    async def _judge(self, sids: Sequence[str], by_sid: dict[str, list[Session]]) -> None:
        try:
            known = await self._database.run(sign_ins_by_sid, sids)
        except ParleyError:
            self._failed_at_s = self._clock.monotonic()
            raise
        renewable = could_renew(now_s=self._clock.monotonic(), failed_at_s=self._failed_at_s)
        for sid in sids:
            reason = why_ended(known.get(sid), could_renew=renewable)
            if reason is not None:
                self._close(by_sid[sid], reason)

    def _close(self, sessions: Iterable[Session], reason: Ended) -> None:
        for session in sessions:
            # A poll shows its credential each time, and may do without a token.
            spared = session.kind == "poll" and reason is Ended.NOT_RENEWED
            if not spared and not session.listener.closed:
                CLOSED.labels(reason).inc()
                session.listener.close(NOT_AUTHENTICATED)
