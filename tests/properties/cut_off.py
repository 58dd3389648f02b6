"""A process of chat beside the suite, with a database of its own that can be taken from it."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg2
import pytest

from dev.harness import UNLIMITED
from tests.integration.admin_visit import Visit, visiting
from tests.integration.chat.world import Client, World
from tests.integration.lonely import lonely_process
from tests.integration.own_database import make_migrated
from tests.properties.many import many_people, many_rooms


class LonelyChat:
    """See the module. It has no Redis either, and needs none for what is asked of it here.

    Attributes:
        url: of the process.
        database_url: of what it stands on.
        person: somebody whom it knows; they are alone in ``room``.
    """

    def __init__(self, world: World, url: str, database_url: str) -> None:
        self.url, self.database_url = url, database_url
        self._world = world
        self.token = world.token
        (self.person,) = many_people(self, 1)
        (self.room,) = many_rooms(self, [[self.person]])

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in its database; return what it returns."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextlib.asynccontextmanager
    async def both_doors(self) -> AsyncIterator[tuple[Client, httpx.AsyncClient]]:
        """Open a session, and HTTP, for the person."""
        async with (
            self._world.client(self.person, url=self.url) as client,
            self._world.http(self.person, url=self.url) as http,
        ):
            yield client, http

    @contextlib.asynccontextmanager
    async def staff(self) -> AsyncIterator[Visit]:
        """Let staff look at its admin."""
        async with visiting(self._world, "chat", self._world.staff(), url=self.url) as http:
            yield Visit(http)


@contextlib.contextmanager
def lonely_chat(world: World) -> Iterator[LonelyChat]:
    """Run one for as long as the block lasts."""
    database_url = make_migrated("chat", world.suite.state.database_admin_url)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in UNLIMITED.items():
            patch.setenv(name, value)
        with lonely_process(world, "chat", database_url=database_url) as url:
            yield LonelyChat(world, url, database_url)
