"""A lane is one connection to ``send_messages``, made anew whenever it was lost."""

from collections.abc import Sequence

from libs.common.postgres import Connection
from services.chat.domain.drafts import Draft, Written
from services.chat.writer.batch import SEND_MESSAGES, Outcome, arguments, outcomes

CONNECT_TIMEOUT_S = 1.0
STATEMENT_TIMEOUT_MS = 2_000
"""Longest call, by the server's clock; below the deadline of a message (3 s)."""
SILENCE_TIMEOUT_S = 2.5
"""Longest wait for an answer: the server's own timeout and some travelling."""
LOCK_TIMEOUT_MS = 500
"""Longest wait for a locked room."""
DISCARD_EVERY = 150
"""Calls after which the cached plans are dropped, so that they follow the growing tables."""

SETUP = (
    "set application_name = 'parley-chat-writer';"
    "set synchronous_commit = on;"
    f"set statement_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set lock_timeout = {LOCK_TIMEOUT_MS};"
    f"set idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS};"
    # Plans are made for the arrays at hand: one that was made while the table of messages was
    # empty would read it from end to end for ever.
    "set plan_cache_mode = force_custom_plan;"
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
    "set jit = off"
)


class Lane:
    """Writes batches, one at a time."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Connection | None = None
        self._calls = 0

    async def connect(self) -> None:
        """Make sure that there is a connection.

        Raises:
            CannotConnect: there is none to be had.
        """
        if self._connection is None or self._connection.ended:
            self.disconnect()
            self._connection = await Connection.open(
                self._dsn, setup=SETUP, timeout_s=CONNECT_TIMEOUT_S
            )
            self._calls = 0

    def disconnect(self) -> None:
        """Drop the connection; the next call makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def write(
        self, drafts: Sequence[Draft], *, wait: bool, published: Sequence[int]
    ) -> tuple[list[Outcome], Written | None]:
        """Write a batch in one transaction; return an outcome a draft, and the news.

        Raises:
            CannotConnect: nothing was written.
            ConnectionLost: perhaps all was written. Repeating the batch tells: what was written
                comes back as a duplicate with the same seq.
            psycopg2.Error: the server refused the batch whole; nothing was written.
        """
        await self.connect()
        if self._connection is None:  # pragma: no cover - connect() has just made it
            raise TypeError("connected to nothing")
        parameters = arguments(drafts, wait=wait, published=published)
        await self._drop_plans_now_and_then(self._connection)
        rows = await self._connection.run(SEND_MESSAGES, parameters, timeout_s=SILENCE_TIMEOUT_S)
        return outcomes(drafts, rows[0])

    async def _drop_plans_now_and_then(self, connection: Connection) -> None:
        self._calls += 1
        if self._calls % DISCARD_EVERY == 0:
            await connection.run("discard plans", (), timeout_s=SILENCE_TIMEOUT_S)
