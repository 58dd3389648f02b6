import asyncio
from typing import Any, cast

from redis.exceptions import ConnectionError as NotConnected

from libs.common.metrics import REGISTRY
from libs.common.redis_room import show, watch_room

NAMES = ("memory_used_bytes", "memory_max_bytes", "file_fails")


class FakeRedis:
    """Answers what it is told to, one after the other, and then nothing for ever."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self.is_done = asyncio.Event()

    async def info(self, *_: str) -> dict[str, Any]:
        if not self._answers:
            self.is_done.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def shown() -> tuple[float | None, ...]:
    return tuple(REGISTRY.get_sample_value(f"parley_redis_{name}") for name in NAMES)


async def watched(*answers: dict[str, Any] | Exception) -> None:
    """Let it look until nothing is left to be seen."""
    redis = FakeRedis(*answers)
    task = asyncio.create_task(watch_room(cast(Any, redis), every_s=0))
    await redis.is_done.wait()
    task.cancel()


async def test_what_redis_uses_and_may_use_is_shown():
    await watched({"used_memory": 300, "maxmemory": 400, "aof_last_write_status": "ok"})

    assert shown() == (300, 400, 0)


async def test_without_an_answer_the_last_one_stands_and_it_looks_again():
    await watched({"used_memory": 1}, NotConnected(), ZeroDivisionError())
    assert shown() == (1, 0, 0)

    await watched(NotConnected(), {"used_memory": 2})
    assert shown() == (2, 0, 0)


def test_a_file_that_could_not_be_written_anew_is_seen_before_one_is_not_written_at_all():
    show({"aof_last_write_status": "ok", "aof_last_bgrewrite_status": "err"})

    assert shown() == (0, 0, 1)
