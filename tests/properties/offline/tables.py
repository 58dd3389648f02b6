"""Queue's own tables and chat's, on one server, for selectors and actions of both in one thread."""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.utils import ConnectionHandler

from libs.common.database import django_database
from tests.integration.own_database import make_migrated

T = TypeVar("T")
QUEUES = "queued_message, room, member, chat_session, chat_process, head_mark, expired, outbox"
CHATS = "message, member, room, chat_user"


class Killed(Exception):
    """The process was killed before it committed."""


class Tables:
    """Tables of one service; what is done with them is done over a connection of their own."""

    def __init__(self, service: str, server_url: str, names: str) -> None:
        url = make_migrated(service, server_url)
        settings = {"default": dict(django_database(url, name="test"))}
        self._connection = ConnectionHandler(settings)["default"]
        self._forget_all = ";".join(f"delete from {name}" for name in names.split(", "))  # noqa: S608 - names of ours
        with self._default():  # whoever connects looks up types by the default connection
            self.rows("set synchronous_commit = off")

    def close(self) -> None:
        self._connection.close()

    def do(self, action: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a selector or an action."""
        with self._default():
            return action(*args, **kwargs)

    def do_and_be_killed(self, action: Callable[..., T], *args: Any, **kwargs: Any) -> None:
        """Run an action of which nothing is committed."""
        with self._default(), contextlib.suppress(Killed), transaction.atomic():
            action(*args, **kwargs)
            raise Killed

    async def run(self, action: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run something as ``DatabaseThreads`` would, but here and now."""
        return self.do(action, *args, **kwargs)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement; return what it returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def forget_all(self) -> None:
        """Empty all tables; there are few rows, and each truncation would make new files."""
        self.rows(self._forget_all)

    @contextlib.contextmanager
    def _default(self) -> Iterator[None]:
        before = connections["default"]
        connections["default"] = self._connection
        try:
            yield
        finally:
            connections["default"] = before


class Both:
    """Queue's tables and chat's."""

    def __init__(self, server_url: str) -> None:
        self.queue = Tables("queue", server_url, QUEUES)
        self.chat = Tables("chat", server_url, CHATS)

    def close(self) -> None:
        self.queue.close()
        self.chat.close()

    def forget_all(self) -> None:
        self.queue.forget_all()
        self.chat.forget_all()


def some_ids(count: int) -> Sequence[str]:
    """Make ids of people or rooms, in their order."""
    return sorted(str(uuid.uuid4()) for _ in range(count))


def finished(work: Any) -> None:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")
