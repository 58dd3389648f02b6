"""How much room Redis has, in memory and on its disk: for the metrics, before it refuses anything."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics

LOOK_EVERY_S = 15.0
STATUSES = ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status")

USED = metrics.gauge("parley_redis_memory_used_bytes", "Memory that Redis uses.")
MOST = metrics.gauge("parley_redis_memory_max_bytes", "Its maxmemory; 0 where there is no bound.")
FAILS = metrics.gauge(
    "parley_redis_file_fails", "1 where Redis could not write a file of its own the last time."
)

log = structlog.get_logger(__name__)


async def watch_room(redis: Redis, *, every_s: float = LOOK_EVERY_S) -> None:
    """Look every so many seconds, until cancelled; without an answer the last one stands."""
    while True:
        try:
            show(await redis.info("memory", "persistence"))
        except (RedisError, OSError):
            pass  # whoever needs it says so
        except Exception:
            log.exception("redis_room_bug")
        await asyncio.sleep(every_s)


def show(info: Mapping[str, Any]) -> None:
    """Put what INFO says into the metrics; what it does not say counts as nothing."""
    USED.set(int(info.get("used_memory", 0)))
    MOST.set(int(info.get("maxmemory", 0)))
    FAILS.set(any(info.get(status, "ok") != "ok" for status in STATUSES))
