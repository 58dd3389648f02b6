"""Which of the people connected here keep to themselves what they have read.

News of it may come late, twice, or in the wrong order; so they only say of whom to ask the
database again. One thing they do at once: from the first word of privacy on nothing is shown.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.tasks import TaskSet
from services.chat.hub.session import Session
from services.chat.selectors.receipts import private_readers_among

RETRY_AFTER_S = 0.25
"""Pause before asking a database again that did not answer."""

log = structlog.get_logger(__name__)


class PrivateReading:
    """One for each hub.

    Args:
        database: knows who reads privately.
        tasks: in which it is asked; they end with the hub.
        sessions_of: returns the sessions of a user in this process.
    """

    def __init__(
        self,
        *,
        database: DatabaseThreads,
        tasks: TaskSet,
        sessions_of: Callable[[str], Iterable[Session]],
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._sessions_of = sessions_of
        self._doubtful: set[str] = set()
        self._in_question: set[str] = set()
        self._asking = False

    def settle(self, session: Session, *, is_private: bool) -> None:
        """Take what was read while a session was opened, unless something newer was heard."""
        if session.is_private is None:
            session.is_private = is_private

    def hear(self, user: str, *, is_private: bool) -> None:
        """Take note of what somebody may have changed; the database has the last word."""
        sessions = list(self._sessions_of(user))
        is_old = all(session.is_private is is_private for session in sessions)
        if is_old and user not in self._doubtful | self._in_question:
            return
        if is_private:
            for session in sessions:
                session.is_private = True
        self.doubt([user])

    def doubt(self, users: Iterable[str]) -> None:
        """Ask the database about people: news of them may have been lost."""
        self._doubtful.update(users)
        if self._doubtful and not self._asking:
            self._asking = True
            self._tasks.spawn(self._ask(), name="private-reading")

    async def _ask(self) -> None:
        """Ask until nobody is in doubt; one question at a time, so that none is overtaken."""
        try:
            while self._doubtful:
                self._in_question, self._doubtful = self._doubtful, set()
                try:
                    private = await self._database.run(private_readers_among, self._in_question)
                except ParleyError as error:
                    log.info("private_reading_waits", code=error.code)
                    self._doubtful |= self._in_question
                    await asyncio.sleep(RETRY_AFTER_S)
                else:
                    self._take(private)
        finally:
            self._asking = False

    def _take(self, private: frozenset[str]) -> None:
        """Believe the answer, but not of those of whom something was heard meanwhile."""
        users, self._in_question = self._in_question - self._doubtful, set()
        for user in users:
            for session in self._sessions_of(user):
                session.is_private = user in private
