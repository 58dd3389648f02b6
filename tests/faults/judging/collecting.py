"""Looks for what a suite still holds, in PostgreSQL, Redis and its processes."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

import psutil
from redis import Redis

from dev.harness import RunningSuite
from dev.services import SERVICES
from libs.common.streams.dead_letters import ORIGINAL
from tests.faults.judging.leftovers import Leftovers, Usage
from tests.faults.postgres import query

Fields = Mapping[bytes, bytes]
"""Of an entry."""

MIB = 1024 * 1024
DEAD = ":dead:"
WITH_OUTBOX = ("chat", "receipts", "queue")
WAITING = """
    select queue_type, count(*) from queued_message
     where not is_processed and (recipient_id = any(%s::uuid[]) or queue_type <> 'incoming')
     group by 1
"""
BACKENDS = """
    select count(*) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
"""
LONG = f"{BACKENDS} and xact_start < now() - interval '1 minute'"


def leftovers_of(
    suite: RunningSuite, people: Sequence[str], *, garbage: Collection[Fields]
) -> Leftovers:
    """Look for everything that should be gone once all is delivered.

    Args:
        suite: where.
        people: who reports what they receive: nothing waits for them.
        garbage: what may be buried, because its data are at fault.
    """
    urls = suite.state.database_urls
    pending, unread = _groups(suite.state.redis_url)
    return Leftovers(
        outbox={
            name: int(query(urls[name], "select count(*) from outbox")[0][0])
            for name in WITH_OUTBOX
        },
        waiting=dict(query(urls["queue"], WAITING, list(people))),
        pending=pending,
        unread=unread,
        dead=_dead_letters(suite.state.redis_url, garbage),
        transactions={name: int(query(url, LONG)[0][0]) for name, url in urls.items()},
    )


def forget_dead_letters(url: str) -> None:
    """Remove what groups have buried, as staff would who have read it."""
    with closing(Redis.from_url(url, decode_responses=True)) as redis:
        for stream in redis.scan_iter(f"*{DEAD}*", _type="STREAM"):
            redis.delete(stream)


def usage_of(suite: RunningSuite) -> dict[str, Usage]:
    """Look what each service uses."""
    state = suite.state
    found = {}
    for service in SERVICES:
        processes = [psutil.Process(one.pid) for one in state.of(service.name)]
        found[service.name] = Usage(
            files=sum(one.num_fds() for one in processes),
            memory_mib=sum(one.memory_info().rss for one in processes) / MIB,
            backends=int(query(state.database_urls[service.name], BACKENDS)[0][0]),
            processes=len(processes),
        )
    return found


def _dead_letters(url: str, garbage: Collection[Fields]) -> Mapping[str, int]:
    found = {}
    with closing(Redis.from_url(url)) as redis:
        for stream in redis.scan_iter(f"*{DEAD}*", _type="STREAM"):
            letters = [_original(fields) for _, fields in redis.xrange(stream) or ()]
            found[stream.decode()] = sum(letter not in garbage for letter in letters)
    return found


def _original(fields: Any) -> Fields:
    return {
        name.removeprefix(ORIGINAL): value
        for name, value in fields.items()
        if name.startswith(ORIGINAL)
    }


def _groups(url: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    pending, unread = {}, {}
    with closing(Redis.from_url(url, decode_responses=True)) as redis:
        for stream in redis.scan_iter(_type="STREAM"):
            if DEAD in stream:
                continue
            last_id = _last_id(url, stream)
            for group in redis.xinfo_groups(stream):
                name = f"{stream} {group['name']}"
                pending[name] = group["pending"]
                lag = group["lag"]  # None where something below was deleted: it cannot be told
                unread[name] = int(group["last-delivered-id"] != last_id) if lag is None else lag
    return pending, unread


def _last_id(url: str, stream: str) -> str:
    # Of whatever entries there are, which need not be text, the answer holds two.
    with closing(Redis.from_url(url)) as redis:
        last_id: bytes = redis.xinfo_stream(stream)["last-generated-id"]
        return last_id.decode()
