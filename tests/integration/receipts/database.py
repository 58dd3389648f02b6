"""Receipts' own tables on a real server, without the suite: what tests of its parts stand on."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
from psycopg2 import sql

from libs.common.clock import SystemClock
from services.receipts.actions.fold import Folder, Membership, News
from services.receipts.domain.watermarks import Claim
from tests.integration.own_database import make_migrated


class Database:
    """A migrated database; the methods write what the service's own actions write."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self.folder = Folder(
            dsn=url,
            clock=SystemClock(),
            on_advanced=lambda _, __: None,
            take_published=list,
            put_back_published=lambda _: None,
        )

    def close(self) -> None:
        self._connection.close()
        self.folder.close()

    def rows(self, statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own; return what it returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def forget_all(self) -> None:
        """Empty all tables."""
        self.rows("truncate room, watermark, own_seq, advance, laggard, outbox")

    async def room(self, *users: str, head: int = 0, version: int = 1, room: str = "") -> str:
        """Make a room with these members, who have received nothing, or change who they are."""
        room = room or str(uuid.uuid4())
        membership = Membership(
            room=room, version=version, open_history=False, joined_seqs=dict.fromkeys(users, 0)
        )
        await self.folder.set_members([membership])
        await self.written(room, head)
        return room

    async def written(self, room: str, head: int) -> None:
        """There is a message with this seq."""
        await self.folder.fold(News(heads={room: head}))

    async def received(self, room: str, user: str, seq: int, *, read: int = 0) -> None:
        """A member says to have received up to ``seq``."""
        claim = Claim(delivered_seq=seq, read_seq=read, shown_read_seq=read, at_ms=1)
        await self.folder.fold(News(claims=[((room, user), claim)]))


@contextlib.contextmanager
def migrated(server_url: str) -> Iterator[Database]:
    """Make a database with receipts' tables on this server."""
    database = Database(make_migrated("receipts", server_url))
    try:
        yield database
    finally:
        database.close()
