"""The scripts that change what is kept in Redis: each all at once, or not at all.

A script that was perhaps executed may be executed again: nothing of it counts twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from libs.common import tracing
from libs.common.events import PersonPresence, SessionNews
from services.presence.store import (
    AWAY,
    DUE,
    EVENTS_KEY,
    ONLINE,
    PRESENCE_EVENTS,
    PROCESSES,
    SINCE,
    STREAMS,
    UNWRITTEN,
)

LEASE_MS = 30_000
"""How long a process may be silent before its sessions are gone: three beats."""
GRACE_MS = 5_000
"""How long somebody may be gone, or away, before it is told: a reload of a page."""
HANDOVER_MS = 15_000
"""How long the clients of a process that stops in order are expected back elsewhere."""
TOMBSTONE_MS = 120_000
"""How long a closed session is remembered; two lists of its process are told in that time."""
FRESH_MS = 10_000
"""News up to this age are told at once. Older ones only once the stream was read to its end."""
YOUNG_MS = 5_000
"""For how long data that have just begun say nothing about who is not in them: chat processes
notice that Redis was wiped after 1.5 s, and tell their sessions then."""
KEEP_MS = 3_600_000
"""How long it is kept here when somebody was seen last; ``UserStatus`` knows it within seconds."""
SESSIONS_AT_ONCE = 2_000
"""Sessions that one script looks at, about: some 30 ms in which Redis does nothing else."""

KEYS = (PROCESSES, DUE, ONLINE, AWAY, UNWRITTEN, SINCE, EVENTS_KEY)
NUMBERS: Mapping[str, int] = {
    "lease_ms": LEASE_MS,
    "grace_ms": GRACE_MS,
    "handover_ms": HANDOVER_MS,
    "tombstone_ms": TOMBSTONE_MS,
    "fresh_ms": FRESH_MS,
    "young_ms": YOUNG_MS,
    "keep_ms": KEEP_MS,
    "max_len": STREAMS[PRESENCE_EVENTS].max_len,
}

_FOLDER = Path(__file__).parent
_PEOPLE = msgspec.json.Decoder(list[PersonPresence])
_OWN_FAULT = "user_script"
"""How Redis begins to tell of an error of a script itself."""
_FORGET_WRITTEN = """
for index = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[index])
  if score and tonumber(score) <= tonumber(ARGV[index + 1]) then
    redis.call('ZREM', KEYS[1], ARGV[index])
  end
end
"""

Told = (
    tuple[Literal["beat", "ended"], str, int]
    | tuple[Literal["news"], str, int, Sequence[SessionNews]]
    | tuple[Literal["list"], str, int, int, Sequence[SessionNews]]
)
"""What a process told: of which kind, which process, when (ms, Redis' time), and what."""


class ScriptFailed(Exception):
    """A script met something that it was not made for: the data are at fault, not Redis."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What ``UserStatus`` knows of a person.

    Attributes:
        last_seen_ms: None where they never were there.
        is_online: None where ``UserStatus`` could not be asked.
    """

    user: str
    last_seen_ms: int | None
    is_online: bool | None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a round has done: of how many people it told; whether there is more to do at once."""

    told: int
    more: bool


class SessionStore:
    """Changes sessions, and tells what they come to; every method may raise ``RedisError``.

    Args:
        redis: a client made by ``connect_blocking``: a long list takes its time.
        now_ms: instead of Redis' own time, where a test plays the clock.
    """

    def __init__(self, redis: Redis, *, now_ms: int | None = None) -> None:
        self._redis = redis
        self.now_ms = now_ms
        shared = (_FOLDER / "sessions.lua").read_text(encoding="utf-8")
        self._scripts = {
            name: redis.register_script(shared + (_FOLDER / f"{name}.lua").read_text("utf-8"))
            for name in ("take", "settle", "answer", "recall")
        }
        self._forget_written = redis.register_script(_FORGET_WRITTEN)

    async def take(self, told: Iterable[Told]) -> int:
        """Take in what processes tell; return of how many people something was told."""
        changed = 0
        for some in _portions(told):
            changed += int(await self._run("take", msgspec.json.encode(some)))
        return changed

    async def settle(self, *, silence_counts: bool) -> Settled:
        """Tell what is due. Where silence counts, end the sessions of processes that are silent."""
        told, more = await self._run("settle", b"1" if silence_counts else b"0")
        return Settled(told=told, more=bool(more))

    async def look(self, people: Sequence[Known], *, and_tell: bool) -> list[PersonPresence]:
        """Return how people are; those of whom that cannot be said yet are left out.

        Args:
            people: what ``UserStatus`` knows of them.
            and_tell: also on the stream: all processes of chat learn it.
        """
        known = [(each.user, each.last_seen_ms, each.is_online) for each in people]
        said = await self._run("answer", msgspec.json.encode(known), b"1" if and_tell else b"0")
        return _PEOPLE.decode(b"[]" if said == b"{}" else said)  # Lua's empty list

    async def recall(self, people: Sequence[tuple[str, int]]) -> int:
        """Have people told to be gone whom nobody has heard of since they were known to be there.

        Args:
            people: with when they were known to be there last (ms).
        """
        return int(await self._run("recall", msgspec.json.encode(people)))

    async def forget_written(self, people: Mapping[str, int]) -> None:
        """Note that people were written as they were then, by id, unless they changed since."""
        words = [word for item in people.items() for word in item]
        await self._forget_written(keys=[UNWRITTEN], args=words)

    async def _run(self, name: str, *arguments: bytes) -> Any:
        with tracing.begin(f"script {name}", [tracing.current()]) as span:
            given = {**NUMBERS, tracing.HEADER: span.context.traceparent}
            if self.now_ms is not None:
                given["now_ms"] = self.now_ms
            return await self._execute(name, msgspec.json.encode(given), *arguments)

    async def _execute(self, name: str, *arguments: bytes) -> Any:
        try:
            return await self._scripts[name](keys=KEYS, args=arguments)
        except ResponseError as error:
            if str(error).startswith(_OWN_FAULT):
                raise ScriptFailed(str(error)) from error
            raise


def _portions(told: Iterable[Told]) -> Iterable[list[Told]]:
    """Part what is told so that no script works for long; in order."""
    some: list[Told] = []
    sessions = 0
    for each in told:
        size = len(each[-1]) if each[0] == "news" or each[0] == "list" else 1
        if some and sessions + size > SESSIONS_AT_ONCE:
            yield some
            some, sessions = [], 0
        some.append(each)
        sessions += size
    if some:
        yield some
