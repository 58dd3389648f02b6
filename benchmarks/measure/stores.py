"""What the stores of a suite hold: what grows in them, and what nobody has read yet."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import cast

import psycopg2
import redis
from psycopg2 import extensions

from dev.state import SuiteState

MIB = 1024 * 1024
WITH_OUTBOX = ("chat", "queue", "receipts")
REDIS = "redis used, MiB"
ROOMS = "chat.rooms:{0}"
"""The stream that tells of rooms. Source: docs/events.md."""


class Stores:
    """Looks into the stores of a suite, over connections that stay open."""

    def __init__(
        self, client: "redis.Redis", databases: Mapping[str, extensions.connection]
    ) -> None:
        self._redis = client
        self._databases = databases

    def gauges(self) -> dict[str, float]:
        """Return what Redis uses in MiB, and the rows of all outboxes."""
        used = cast("Mapping[str, int]", self._redis.info("memory"))["used_memory"]
        rows = {outbox_of(name): _rows(each) for name, each in self._databases.items()}
        return {REDIS: round(used / MIB, 3), **rows}

    def are_rooms_known(self) -> bool:
        """Tell whether all services have taken in what chat has to tell of rooms."""
        if _rows(self._databases["chat"]):
            return False
        end = cast("Mapping[str, object]", self._redis.xinfo_stream(ROOMS))["last-generated-id"]
        groups = cast("Sequence[Mapping[str, object]]", self._redis.xinfo_groups(ROOMS))
        return all(group["last-delivered-id"] == end and not group["pending"] for group in groups)


def outbox_of(service: str) -> str:
    """Return what the gauge of a service's outbox is called."""
    return f"outbox of {service}, rows"


@contextmanager
def stores_of(state: SuiteState) -> Iterator[Stores]:
    """Connect to the stores of a suite that is up."""
    with ExitStack() as ends:
        client = ends.enter_context(closing(redis.Redis.from_url(state.redis_url)))
        databases = {}
        for name in WITH_OUTBOX:
            connected = ends.enter_context(closing(psycopg2.connect(state.database_urls[name])))
            connected.autocommit = True
            databases[name] = connected
        yield Stores(client, databases)


def _rows(connected: extensions.connection) -> int:
    with connected.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox")
        (rows,) = cursor.fetchone() or (0,)
        return int(rows)
