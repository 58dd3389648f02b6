"""Faults of PostgreSQL and Redis: killed, hung, emptied, full, replaced, locked, without places."""

import asyncio
import shutil
import threading
from collections.abc import Mapping
from contextlib import closing

import psutil
from redis import Redis

from dev import postgres, valkey
from tests.faults.chaos.scene import LONG_S, SHORT_S, Scene, fault
from tests.faults.postgres import Hog, query, terminate_backends, transaction
from tests.faults.streams import files_of, refuse_writes

OWN_CALLS = 10
"""At most so many of the calls that the copy counts are of whoever asks for their number."""
LOCK = "select 1 from room where id = any(%s::uuid[]) order by id for update"


@fault("Redis: wiped", goes_on=True)
async def wiped(scene: Scene) -> int:
    def wipe() -> int:
        with closing(Redis.from_url(scene.redis_url)) as redis:
            keys = int(redis.dbsize())
            redis.flushall()
            return keys

    return await asyncio.to_thread(wipe)


@fault("Redis: hung", goes_on=True)
async def redis_hung(scene: Scene) -> int:
    async with scene.stage.hung("redis"):
        await scene.a_while(LONG_S)
        return _stopped(scene, "redis")


def _stopped(scene: Scene, service: str) -> int:
    pids = [process.pid for process in scene.suite.state.of(service)]
    return sum(psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in pids)


@fault("Redis: killed", goes_on=True)
async def redis_killed(scene: Scene) -> int:
    return await asyncio.to_thread(scene.suite.kill, "redis")


@fault("Redis: stopped, and empty when it is back", goes_on=True)
async def redis_emptied(scene: Scene) -> int:
    files = await asyncio.to_thread(files_of, scene.redis_url)
    async with scene.stage.killed("redis"):
        shutil.rmtree(files)
        await scene.a_while(SHORT_S)
        return int(not valkey.answers(scene.redis_url))


@fault("Redis: full", goes_on=True)
async def redis_full(scene: Scene) -> int:
    before = await asyncio.to_thread(_refusals, scene.redis_url)
    await asyncio.to_thread(refuse_writes, scene.redis_url, refuse=True)
    try:
        await scene.a_while(LONG_S)
    finally:
        await asyncio.to_thread(refuse_writes, scene.redis_url, refuse=False)
    return await asyncio.to_thread(_refusals, scene.redis_url) - before


def _refusals(url: str) -> int:
    with closing(Redis.from_url(url, decode_responses=True)) as redis:
        told: Mapping[str, Mapping[str, int]] = redis.info("errorstats")
    return int(told.get("errorstat_OOM", {}).get("count", 0))


@fault("Redis: replaced by a copy that has missed the last seconds, and back", goes_on=True)
async def failed_over(scene: Scene) -> int:
    await asyncio.to_thread(scene.copy.copy)
    await asyncio.to_thread(scene.copy.part)
    await scene.stage.acks(30)
    before = await asyncio.to_thread(_calls, scene.copy.url)
    scene.edges.move("redis", scene.copy.port)
    try:
        await scene.stage.acks(30)
        await scene.a_while(LONG_S)
        return await asyncio.to_thread(_calls, scene.copy.url) - before - OWN_CALLS
    finally:
        scene.edges.move("redis", None)


def _calls(url: str) -> int:
    with closing(Redis.from_url(url)) as redis:
        return int(redis.info("stats")["total_commands_processed"])


@fault("PostgreSQL: all backends terminated")
async def backends_terminated(scene: Scene) -> int:
    urls = scene.suite.state.database_urls.values()
    return sum([await asyncio.to_thread(terminate_backends, url) for url in urls])


@fault("PostgreSQL: stopped at once, and started again")
async def postgres_stopped(scene: Scene) -> int:
    async with scene.stage.stopped("postgres"):
        await scene.a_while(SHORT_S)
        return int(not postgres.answers(scene.stage.database_url))


@fault("PostgreSQL: killed")
async def postgres_killed(scene: Scene) -> int:
    async with scene.stage.killed("postgres"):
        await scene.a_while(SHORT_S)
        return int(not postgres.answers(scene.stage.database_url))


@fault("PostgreSQL: hung")
async def postgres_hung(scene: Scene) -> int:
    async with scene.stage.hung("postgres"):
        await scene.a_while(LONG_S)
        return _stopped(scene, "postgres")


@fault("PostgreSQL: somebody holds the rows of all rooms locked")
async def rooms_locked(scene: Scene) -> int:
    url, rooms, released = scene.stage.database_url, scene.stage.rooms, threading.Event()

    def lock() -> None:
        with transaction(url) as cursor:
            cursor.execute(LOCK, [rooms])
            released.wait()

    holding = asyncio.create_task(asyncio.to_thread(lock))
    try:
        await scene.a_while(LONG_S)
        return await asyncio.to_thread(_waiting_for_locks, url)
    finally:
        released.set()
        await holding


def _waiting_for_locks(url: str) -> int:
    sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    return int(query(url, sql)[0][0])


@fault("PostgreSQL: no connection to be had")
async def no_places(scene: Scene) -> int:
    hog = Hog(scene.suite.state.database_admin_url)
    try:
        await asyncio.to_thread(hog.fill)
        await asyncio.to_thread(hog.oust)
        await scene.a_while(LONG_S)
        return int(not postgres.answers(scene.stage.database_url))
    finally:
        await asyncio.to_thread(hog.let_go)
