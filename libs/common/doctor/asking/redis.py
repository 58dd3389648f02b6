"""What Redis says of itself, as far as the services' user may ask.

A deployment that is as it should be refuses nothing of this: ``ACL LOG`` stays empty.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError as NotConnected,
    NoPermissionError,
    RedisError,
    ResponseError,
    TimeoutError as TooSlow,
)

from libs.common.clock import Clock
from libs.common.control import GROUP, LAYER_PREFIX
from libs.common.doctor.asking.trips import best_trip
from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.rules.redis import ADMINISTRATOR, REFUSES, RedisFacts
from libs.common.redis_refusals import why_refused
from libs.common.redis_room import STATUSES

ANSWERS_WITHIN_S = 0.3
KEPT_MS = 60_000
KEY = "chat.doctor:{0}:"
"""Of a hash that lives for the length of one question."""
OTHER_KEYS = ("presence.doctor:{0}", "queue.doctor:{0}", "receipts.doctor:{0}", "parley:epoch")
NOBODYS = "parleyspecific.doctor"
"""A channel to which nobody listens."""
CHANNELS = (NOBODYS, f"{LAYER_PREFIX}__group__{GROUP}")
PROBES: Mapping[str, tuple[Any, ...]] = {
    "hset": ("doctor", "1"),
    "persist": (),
    "pexpire": (KEPT_MS,),
    "get": (),
    "set": ("1", "NX", "PX", KEPT_MS),
    "mget": (),
    "exists": (),
    "hget": ("doctor",),
    "hsetnx": ("doctor", "1"),
    "hmget": ("doctor",),
    "hgetall": (),
    "hdel": ("nothing",),
    "hexists": ("doctor",),
    "hincrby": ("doctor", 1),
    "hkeys": (),
    "hlen": (),
    "hvals": (),
    "sadd": ("1",),
    "srem": ("1",),
    "sismember": ("1",),
    "scard": (),
    "zadd": (1, "1"),
    "zrem": ("1",),
    "zscore": ("1",),
    "zmscore": ("1",),
    "zcard": (),
    "zrange": (0, 1),
    "xadd": ("NOMKSTREAM", "*", "e", "[]"),
    "xlen": (),
    "xrange": ("-", "+", "COUNT", 1),
    "xtrim": ("MAXLEN", 1),
    "xdel": ("1-1",),
    "xack": ("doctor", "1-1"),
    "xautoclaim": ("doctor", "doctor", 1000, "0"),
    "xpending": ("doctor",),
}
"""What the services' commands are tried with, behind the key: it is a hash, so most say that it is
of another type. That is an answer of somebody who may ask."""
WHOLE: Mapping[str, tuple[Any, ...]] = {
    "xread": ("COUNT", 1, "STREAMS", KEY, "$"),
    "xreadgroup": ("GROUP", "doctor", "doctor", "COUNT", 1, "STREAMS", KEY, ">"),
    "xgroup|create": ("XGROUP", "CREATE", KEY, "doctor", "$"),
    "xgroup|delconsumer": ("XGROUP", "DELCONSUMER", KEY, "doctor", "doctor"),
    "xinfo|stream": ("XINFO", "STREAM", KEY),
    "xinfo|groups": ("XINFO", "GROUPS", KEY),
    "xinfo|consumers": ("XINFO", "CONSUMERS", KEY, "doctor"),
    "eval": ("return 1", 0),
    "script|load": ("SCRIPT", "LOAD", "return 1"),
    "evalsha": ("e0e1f9fabfc9d4800c877a703b823ac0578ff8db", 0),
    "publish": (NOBODYS, "doctor"),
    "ping": (),
    "time": (),
    "info": ("server",),
}
"""Those whose arguments are no key and what follows it; with ``|`` the command is the first."""
ON_ITS_OWN = ("multi", "exec", "subscribe", "unsubscribe", "del")
"""Tried otherwise: what changes a connection, and what comes last."""


def kind_of(error: RedisError) -> str:
    """Classify an error; its text is told to nobody."""
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return "tls"
    kinds: tuple[tuple[type[RedisError], str], ...] = (
        (AuthenticationError, "password"),
        (BusyLoadingError, "loading"),
        (NoPermissionError, "refused"),
        (TooSlow, "away"),
        (NotConnected, "away"),
    )
    return next((kind for type_, kind in kinds if isinstance(error, type_)), "other")


async def ask_redis(redis: Redis, *, user: str, clock: Clock) -> RedisFacts:
    """Ask everything.

    Raises:
        Unreachable: nothing can be asked.
    """

    async def ask_time() -> float:
        seconds, microseconds = await redis.time()
        return float(seconds + microseconds / 1e6)

    try:
        info: Mapping[str, Any] = await redis.info()
        trip = await best_trip(ask_time, clock=clock)
        refused, refuses = await refused_to(redis)
    except RedisError as error:
        raise Unreachable(kind_of(error)) from None
    return facts_of(
        info,
        user=user,
        refused=refused,
        refuses=refuses,
        ahead_s=trip.ahead_s,
        best_ms=trip.took_ms,
    )


def facts_of(
    info: Mapping[str, Any],
    *,
    user: str,
    refused: list[str],
    refuses: str | None,
    ahead_s: float,
    best_ms: float,
) -> RedisFacts:
    """Read what INFO says; what it does not say counts as nothing."""
    valkey = info.get("valkey_version")
    well = {str(info.get(name, "ok")) for name in STATUSES}
    return RedisFacts(
        variant="Valkey" if valkey else "Redis",
        version=str(valkey or info.get("redis_version", "0")),
        mode="cluster"
        if info.get("cluster_enabled")
        else str(info.get("server_mode") or info.get("redis_mode") or "standalone"),
        is_replica=info.get("role") in {"slave", "replica"},
        replicas=int(info.get("connected_slaves", 0)),
        refuses=refuses,
        appends=bool(info.get("aof_enabled", 0)),
        writes_well=well == {"ok"},
        eviction=info.get("maxmemory_policy"),
        used_bytes=int(info.get("used_memory", 0)),
        max_bytes=int(info.get("maxmemory", 0)),
        user=user,
        refused=refused,
        ahead_s=ahead_s,
        best_ms=best_ms,
    )


async def refused_to(redis: Redis) -> tuple[list[str], str | None]:
    """Try what the services do, on a key of our own that is gone afterwards.

    Returns:
        What this user may not, and why nobody may write, if so.
    """
    key = KEY + uuid4().hex
    pipeline = redis.pipeline(transaction=False)
    asked: list[str] = []
    for name, rest in PROBES.items():
        asked.append(name)
        pipeline.execute_command(name, key, *rest)
    for name, rest in WHOLE.items():
        asked.append(name)
        command = rest if "|" in name else (name, *rest)
        pipeline.execute_command(*(key if each == KEY else each for each in command))
    for other in OTHER_KEYS:
        asked.append(f"the key {other}")
        pipeline.execute_command("EXISTS", other)
    asked.append("del")
    pipeline.execute_command("DEL", key)
    answers = await pipeline.execute(raise_on_error=False)
    refused = [name for name, answer in zip(asked, answers, strict=True) if _is_refusal(answer)]
    reasons = (why_refused(answer) for answer in answers)
    refuses = next((why for why in reasons if why in REFUSES), None)
    alone = [name async for name in _refused_alone(redis)]
    # One that takes no writes refuses PING, and with it any transaction.
    refused += [name for name in alone if refuses is None or name != "multi"]
    return refused, refuses


async def _refused_alone(redis: Redis) -> AsyncIterator[str]:
    """Try what changes a connection, on one that is closed afterwards."""
    try:
        transaction = redis.pipeline(transaction=True)
        transaction.ping()
        await transaction.execute()
    except ResponseError:  # also EXEC's own, where MULTI alone was refused
        yield "multi"
    for channel in CHANNELS:
        subscription = redis.pubsub()
        try:
            await subscription.subscribe(channel)
            await subscription.get_message(timeout=ANSWERS_WITHIN_S)
            await subscription.unsubscribe()
            await subscription.get_message(timeout=ANSWERS_WITHIN_S)
        except NoPermissionError:
            yield f"the channel {channel}"
        finally:
            await subscription.aclose()  # type: ignore[no-untyped-call]  # redis-py has none


def _is_refusal(answer: object) -> bool:
    return isinstance(answer, NoPermissionError) or (
        isinstance(answer, ResponseError) and str(answer).startswith("NOPERM")
    )


def user_of(url: str) -> str:
    """Return as whom an address leads in; ``default`` where it names nobody.

    Raises:
        Unreachable: it cannot be read.
    """
    try:
        return urlsplit(url).username or ADMINISTRATOR
    except ValueError:
        raise Unreachable("url") from None
