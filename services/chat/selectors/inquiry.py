"""What Redis and the other services know of one message: asked of all at the same time."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import NotFound, ParleyError
from libs.common.redis_clients import answered
from services.chat.domain.message_trace.facts import (
    Here,
    MessageFacts,
    Others,
    PresenceFacts,
    QueueFacts,
    ReceiptFacts,
    RecipientFacts,
    StreamFacts,
)
from services.chat.selectors.neighbours import AT_ONCE, Neighbours, OnBehalf
from services.chat.selectors.on_stream import on_stream

T = TypeVar("T")

REDIS_WITHIN_S = 2.0
"""How long Redis may take to look through a minute of a stream."""


class _MemberReceipt(msgspec.Struct, frozen=True):
    """Of ``GET /api/receipts/rooms/{id}/messages/{seq}``: one member."""

    user: str
    delivered: bool
    read: bool
    delivered_at: str | None
    read_at: str | None


class _MessageReceipts(msgspec.Struct, frozen=True):
    """Of ``GET /api/receipts/rooms/{id}/messages/{seq}``."""

    members: list[_MemberReceipt]


class _PersonPresence(msgspec.Struct, frozen=True):
    """Of ``GET /api/presence/users``: one person."""

    id: str
    status: Here
    last_seen: str | None


class _PeoplePresence(msgspec.Struct, frozen=True):
    """Of ``GET /api/presence/users``."""

    users: list[_PersonPresence]


class _WaitingRange(msgspec.Struct, frozen=True):
    """Of ``GET /api/queue/rooms/{id}/waiting``: one person."""

    user: str
    from_seq: int
    since: str
    offers: int
    has_expired: bool


class _WaitingRanges(msgspec.Struct, frozen=True):
    """Of ``GET /api/queue/rooms/{id}/waiting``."""

    waiting: list[_WaitingRange]


class Inquiry:
    """Asks about messages; one per process.

    Args:
        redis: a client made by ``connect_blocking``: there is more to read than fits a hot one.
        partitions: of ``chat.events``.
    """

    def __init__(
        self, *, redis: Redis, neighbours: Neighbours, partitions: int, clock: Clock
    ) -> None:
        self.redis_breaker = Breaker(
            "trace:redis",
            clock=clock,
            timeout_s=REDIS_WITHIN_S,
            max_concurrent=AT_ONCE,
            proves_alive=answered,
        )
        self.neighbours = neighbours
        self._redis = redis
        self._partitions = partitions

    async def about(
        self,
        facts: MessageFacts,
        people: Sequence[RecipientFacts],
        *,
        after: UUID,
        behalf: OnBehalf,
    ) -> tuple[StreamFacts | None, Others]:
        """Return what is known of a message and some of its recipients.

        Args:
            facts: of the message.
            people: the recipients by id, behind ``after``; at most 90.
            after: the id behind which they begin.
            behalf: for whom.

        Returns:
            What the stream has of it, None where Redis did not answer; and what the others say.
        """
        stream, (knows, receipts), presence, queue = await asyncio.gather(
            self._stream(facts),
            self._receipts(facts, limit=len(people) + 1, after=after, behalf=behalf),
            self._presence(people, behalf=behalf),
            self._queue(facts, people, behalf=behalf),
        )
        others = Others(knows_message=knows, receipts=receipts, presence=presence, queue=queue)
        return stream, others

    async def _stream(self, facts: MessageFacts) -> StreamFacts | None:
        try:
            return await self.redis_breaker.call(
                lambda: on_stream(self._redis, facts, partitions=self._partitions)
            )
        except (RedisError, ParleyError):  # counted by the breaker
            return None

    async def _receipts(
        self, facts: MessageFacts, *, limit: int, after: UUID, behalf: OnBehalf
    ) -> tuple[bool | None, dict[str, ReceiptFacts] | None]:
        path = f"/rooms/{facts.room}/messages/{facts.seq}?limit={limit}&after={after}"
        try:
            told = await self.neighbours.ask("receipts", path, _MessageReceipts, behalf=behalf)
        except NotFound:
            return False, {}
        if told is None:
            return None, None
        return True, {
            each.user: ReceiptFacts(
                delivered=each.delivered,
                read=each.read,
                delivered_at=each.delivered_at,
                read_at=each.read_at,
            )
            for each in told.members
            if each.user != facts.sender
        }

    async def _presence(
        self, people: Sequence[RecipientFacts], *, behalf: OnBehalf
    ) -> dict[str, PresenceFacts] | None:
        if not people:
            return {}
        path = f"/users?ids={_ids(people)}"
        told = await self._told("presence", path, _PeoplePresence, behalf=behalf)
        if told is None:
            return None
        return {each.id: PresenceFacts(each.status, each.last_seen) for each in told.users}

    async def _queue(
        self, facts: MessageFacts, people: Sequence[RecipientFacts], *, behalf: OnBehalf
    ) -> dict[str, QueueFacts] | None:
        if not people:
            return {}
        path = f"/rooms/{facts.room}/waiting?users={_ids(people)}"
        told = await self._told("queue", path, _WaitingRanges, behalf=behalf)
        if told is None:
            return None
        return {
            each.user: QueueFacts(
                from_seq=each.from_seq,
                since=each.since,
                offers=each.offers,
                has_expired=each.has_expired,
            )
            for each in told.waiting
        }

    async def _told(self, service: str, path: str, kind: type[T], *, behalf: OnBehalf) -> T | None:
        """Ask what every version answers that knows the question: a 404 says nothing of the message."""
        try:
            return await self.neighbours.ask(service, path, kind, behalf=behalf)
        except NotFound:
            return None


def _ids(people: Sequence[RecipientFacts]) -> str:
    return ",".join(person.user for person in people)
