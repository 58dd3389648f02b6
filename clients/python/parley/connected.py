"""What begins and ends with a ``Chat``, and what goes on underneath: its connection.

Entering connects, leaving closes. Between the two it comes back by itself from whatever ends its
connection.
"""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from .api import Api
from .credentials import Credentials
from .engine import Engine
from .feed import Feed
from .frames import Welcome
from .http import Http
from .options import Options
from .outgoing import OutgoingMessages
from .states import ConnectionState


class Connected:
    """One signed-in user, and a connection that is kept open.

    Attributes:
        api: the HTTP interface as this user.
        credentials: the bearer token and its renewal.
        outgoing: own messages that are not known to be stored, and what becomes of them.
    """

    def __init__(
        self,
        base_url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        options: Options | None = None,
    ) -> None:
        options = options or Options()
        self._http = Http(base_url, transport=options.transport)
        self.credentials = Credentials(
            self._http, clock=options.clock, username=username, password=password
        )
        self.api = Api(self._http, self.credentials)
        self._engine = Engine(self._http.base_url, self.api, self.credentials, options)
        self.outgoing = OutgoingMessages(self._engine)

    async def __aenter__(self) -> Self:
        async with self.closed_on_error():
            await self._engine.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnect, after receipts that are owed, which takes half a second at most.

        Sends without an answer raise ``Closed`` (outcome unknown); feeds end.
        """
        await self._engine.close()
        await self._http.close()

    @contextlib.asynccontextmanager
    async def closed_on_error(self) -> AsyncIterator[None]:
        """Close the chat where the body fails; nobody else would."""
        try:
            yield
        except BaseException:
            await self.close()
            raise

    @property
    def welcome(self) -> Welcome:
        """The latest ``welcome``: who one is, the session, the limits. Only once connected."""
        return self._engine.welcome

    @property
    def user_id(self) -> str:
        """The signed-in user's id."""
        return self._engine.core.user_id

    @property
    def connected(self) -> bool:
        """Whether a session is open at this moment."""
        return self._engine.core.online

    @property
    def state(self) -> ConnectionState:
        """How the connection stands: ``connected`` in more words."""
        return self._engine.connection.state

    @property
    def next_try_in_s(self) -> float:
        """Seconds until the next try to connect; 0 unless the chat waits for one."""
        return self._engine.connection.next_try_in_s

    @property
    def server_time(self) -> dt.datetime | None:
        """What the server's clock shows now, by which its times are told; None before it said."""
        return self._engine.core.company.server_clock.read(self._engine.now)

    def state_changes(self) -> Feed[ConnectionState]:
        """Return a feed of what the connection's state becomes, each state it passes through."""
        return self._engine.states.open()

    def attempt_reconnect(self) -> None:
        """Try to connect now instead of after the present pause; nothing happens without one."""
        self._engine.connection.attempt_reconnect()

    def abort(self) -> None:
        """Break the connection as a lost network would; the chat comes back by itself."""
        self._engine.connection.abort()
