"""Takes what is due and pushes it. A push service that fails, or hangs, delays its own pushes alone."""

import asyncio
import datetime as dt
import random
from concurrent.futures import Executor

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.tasks import TaskSet
from services.queue.actions.rounds import REST_S, Rounds
from services.queue.actions.web_push.calling import Caller, CallFailed, Forbidden
from services.queue.actions.web_push.due import DuePush, note_again, note_told, take_due
from services.queue.actions.web_push.hosts import AT_ONCE, AT_ONCE_BY_HOST, Hosts
from services.queue.actions.web_push.subscriptions import end_gone
from services.queue.domain.endpoints import Endpoint, EndpointRules, check_auth, check_point
from services.queue.domain.sealing import seal
from services.queue.domain.vapid import Vapid
from services.queue.domain.web_push import (
    TTL_S,
    Outcome,
    again_after_s,
    outcome_of,
    payload_of,
    retry_after_s,
    topic_of,
)

CALL_S = 5.0
"""How long a push service may take, the lookup of its name included."""

PUSHES = metrics.counter(
    "parley_web_pushes",
    "Calls of push services by outcome: pushed, gone, refused, forbidden, throttled, failed, timeout.",
    ["outcome"],
)
GIVEN_UP = metrics.counter(
    "parley_web_pushes_given_up", "Pushes that did not go well until the last try."
)
SECONDS = metrics.histogram("parley_web_push_seconds", "How long push services took to answer.")
for _outcome in Outcome:
    PUSHES.labels(_outcome)

log = structlog.get_logger(__name__)


class Sender:
    """One per process.

    Args:
        rules: which endpoints are called.
        vapid: who we are.
        threads: that look names up; nobody else's.
    """

    def __init__(
        self,
        *,
        database: DatabaseThreads,
        clock: Clock,
        rules: EndpointRules,
        vapid: Vapid,
        threads: Executor,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._vapid = vapid
        self.caller = Caller(rules, threads)
        self.hosts = Hosts(clock)
        self._rounds = Rounds("pushes", self._begin_some)
        self._sending = 0
        self._tasks = TaskSet()

    def poke(self) -> None:
        """Look now: something is due."""
        self._rounds.poke()

    async def run(self) -> None:
        """Push what is due, until cancelled."""
        await self._rounds.run()

    async def stop(self) -> None:
        """Leave what is being pushed to other processes: its time comes again."""
        await self._tasks.stop()

    async def _begin_some(self) -> int:
        """Begin with some of what is due; return how many rows that was.

        Raises:
            ParleyError: PostgreSQL did not take part.
        """
        if self._sending >= AT_ONCE:
            return 0
        taken = await self._database.run(
            take_due,
            limit=AT_ONCE - self._sending,
            places=self.hosts.places(),
            places_of_a_host=AT_ONCE_BY_HOST,
            now=self._clock.now(),
        )
        for push in taken.pushes:
            self._sending += 1
            self._tasks.spawn(self._send(push), name="web-push")
        return taken.count

    async def _send(self, push: DuePush) -> None:
        try:
            await self._push(push)
        except ParleyError as error:
            log.info("web_push_is_not_noted", code=error.code)
        finally:
            self._sending -= 1
            self.poke()

    async def _push(self, push: DuePush) -> None:
        """Push, and note what became of it.

        Raises:
            ParleyError: it could not be noted, so it is pushed again; it replaces itself.
        """
        try:
            endpoint = self._rules.check(push.endpoint)
        except ValueError:  # kept while the settings were others
            await self._note(push, Outcome.FORBIDDEN, None)
            return
        try:
            outcome, wait_s = await self._call(push, endpoint)
        except Unavailable as error:
            at = self._clock.now() + dt.timedelta(seconds=error.retry_after_s or REST_S)
            await self._database.run(note_again, push, at=at, is_try=False)
            return
        await self._note(push, outcome, wait_s)

    async def _call(self, push: DuePush, endpoint: Endpoint) -> tuple[Outcome, float | None]:
        """Return what became of a call, and for how long its push service wants to be left alone.

        Raises:
            Unavailable: it was not made.
        """
        try:
            with self.hosts.calling(endpoint.host):
                return await self._answered(push, endpoint)
        except _HostFailed as failure:
            return failure.outcome, failure.wait_s

    async def _answered(self, push: DuePush, endpoint: Endpoint) -> tuple[Outcome, float | None]:
        """Return what a push service that works has said.

        Raises:
            _HostFailed: it does not work.
        """
        auth = check_auth(push.auth)
        payload = payload_of(push.room, push.waiting)
        body = seal(payload, point=check_point(push.p256dh), auth=auth)
        headers = [
            ("Authorization", self._vapid.authorization(endpoint.origin, now=self._clock.now())),
            ("TTL", str(TTL_S)),
            ("Urgency", "high"),
            ("Topic", topic_of(push.room, auth)),
            ("Content-Encoding", "aes128gcm"),
            ("Content-Type", "application/octet-stream"),
        ]
        try:
            with SECONDS.time():
                async with asyncio.timeout(CALL_S):
                    answer = await self.caller.post(endpoint, headers, body)
        except TimeoutError:
            log.warning("web_push_no_answer", host=endpoint.host, error=f"none in {CALL_S:g} s")
            raise _HostFailed(Outcome.TIMEOUT, None) from None
        except Forbidden:
            log.warning("web_push_forbidden", host=endpoint.host)
            return Outcome.FORBIDDEN, None
        except CallFailed as error:
            log.warning("web_push_no_answer", host=endpoint.host, error=str(error))
            raise _HostFailed(Outcome.FAILED, None) from error
        outcome = outcome_of(answer.status)
        if outcome not in (Outcome.PUSHED, Outcome.GONE):
            log.warning("web_push_refused", host=endpoint.host, status=answer.status)
        wait_s = retry_after_s(answer.retry_after)
        if outcome is Outcome.FAILED:
            raise _HostFailed(outcome, wait_s)
        return outcome, wait_s

    async def _note(self, push: DuePush, outcome: Outcome, wait_s: float | None) -> None:
        PUSHES.labels(outcome).inc()
        if outcome is Outcome.GONE:
            await self._database.run(end_gone, push.subscription)
            return
        now = self._clock.now()
        if outcome.is_passing:
            pause_s = again_after_s(push.tries, retry_after_s=wait_s, random=random.random)
            if pause_s is not None:
                at = now + dt.timedelta(seconds=pause_s)
                await self._database.run(note_again, push, at=at, is_try=True)
                return
            GIVEN_UP.inc()
        await self._database.run(note_told, push, now=now)


class _HostFailed(Exception):
    """What the breaker of a host is told."""

    def __init__(self, outcome: Outcome, wait_s: float | None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.wait_s = wait_s
