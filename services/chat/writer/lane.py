"""A lane is one connection to ``send_messages``, made anew when it was lost, behind a breaker."""

from collections.abc import Sequence

from libs.common.breakers import Breaker
from libs.common.postgres import PLANNED_ONCE, Link
from services.chat.domain.drafts import Draft, Written
from services.chat.writer.batch import SEND_MESSAGES, Outcome, arguments, outcomes

STATEMENT_TIMEOUT_MS = 2_000
"""Longest call, by the server's clock; below the deadline of a message (3 s)."""
SILENCE_TIMEOUT_S = 2.5
"""Longest wait for an answer: the server's own timeout and some travelling."""
LOCK_TIMEOUT_MS = 500
"""Longest wait for a locked room."""

SETUP = (
    "set application_name = 'parley-chat-writer';"
    "set synchronous_commit = on;"
    f"set statement_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set lock_timeout = {LOCK_TIMEOUT_MS};"
    f"set idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS};"
    f"{PLANNED_ONCE}"
)


class Lane:
    """Writes batches, one at a time."""

    def __init__(self, dsn: str, *, breaker: Breaker) -> None:
        self._link = Link(dsn, setup=SETUP, silence_s=SILENCE_TIMEOUT_S, breaker=breaker)

    async def connect(self) -> None:
        """Make sure that there is a connection.

        Raises:
            CannotConnect, Unavailable: there is none to be had.
        """
        await self._link.connect()

    def disconnect(self) -> None:
        """Drop the connection; the next call makes a new one."""
        self._link.drop()

    async def write(
        self, drafts: Sequence[Draft], *, wait: bool, published: Sequence[int]
    ) -> tuple[list[Outcome], Written | None]:
        """Write a batch in one transaction; return an outcome a draft, and the news.

        Raises:
            CannotConnect, Unavailable: nothing was written.
            ConnectionLost: perhaps all was written. Repeating the batch tells: what was written
                comes back as a duplicate with the same seq.
            psycopg2.Error: the server refused the batch whole; nothing was written.
        """
        parameters = arguments(drafts, wait=wait, published=published)
        rows = await self._link.run(SEND_MESSAGES, parameters)
        return outcomes(drafts, rows[0])
