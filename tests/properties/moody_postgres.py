"""PostgreSQL in every mood, as its clients see it: through Django, and over an asynchronous connection.

Both stand in the place of what is not ours: the threads and the ORM below ``DatabaseThreads``, and
``psycopg2.connect`` below ``Link``. Time is the loop's own.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import django.db
import psycopg2
from psycopg2 import extensions

from libs.common.clock import instant_of
from libs.common.errors import NotFound
from services.chat.writer.batch import Verdict
from tests.properties.quick_time import QuickLoop

SECRET = 'relation "message" of 10.0.0.7 does not exist: select content from message'
"""What the server says, and nobody outside shall read."""


@dataclass(frozen=True)
class Mood:
    """How PostgreSQL is for a while.

    Attributes:
        lasts_s: how long an answer takes.
        sqlstate: by which it refuses; empty where it does not, None where there is no connection.
        does: whether it does what it was asked for, also where the answer is lost.
    """

    lasts_s: float = 0.01
    sqlstate: str | None = ""
    does: bool = True


FOR_EVER_S = 1_000.0
WELL = Mood()
MOODS = {
    "well": WELL,
    "slow": Mood(lasts_s=1.0),
    "hung": Mood(lasts_s=FOR_EVER_S, does=False),
    "hung after the commit": Mood(lasts_s=FOR_EVER_S),
    "away": Mood(sqlstate=None, does=False),
    "lost after the commit": Mood(sqlstate=None),
    "shutting down": Mood(sqlstate="57P01", does=False),
    "full": Mood(sqlstate="53300", does=False),
    "too slow": Mood(lasts_s=2.0, sqlstate="57014", does=False),
    "locked": Mood(lasts_s=0.5, sqlstate="55P03", does=False),
    "met another": Mood(sqlstate="40P01", does=False),
    "read only": Mood(sqlstate="25006", does=False),
    "violated": Mood(sqlstate="23505", does=False),
}


def refusal(sqlstate: str | None) -> psycopg2.Error:
    """Make the error of a SQLSTATE; of a lost connection where there is none."""
    kind = psycopg2.OperationalError
    error: psycopg2.Error = type(kind.__name__, (kind,), {"pgcode": sqlstate})(SECRET)
    return error


# -- through Django ---------------------------------------------------------------------------


class PlayedThreads(QuickLoop):
    """A loop whose threads take as long as PostgreSQL does, and no other time.

    Attributes:
        mood: of PostgreSQL, for what begins now.
        answering: the one in which it began that answers just now.
    """

    mood = answering = WELL

    def run_in_executor(  # type: ignore[override]  # a future of this loop, as the real one's
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        del executor
        done = self.create_future()
        self.call_later(self.mood.lasts_s, self._answer, done, self.mood, partial(func, *args))
        return done

    def _answer(self, done: "asyncio.Future[Any]", mood: Mood, work: Callable[[], object]) -> None:
        self.answering = mood
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - as a thread does
            done.set_exception(error)

    def ask(self, *, is_there: bool) -> str:
        """Do what a selector does, in a thread; what it looks for may not be there.

        Raises:
            django.db.Error: as Django would, with what psycopg2 said behind it.
        """
        sqlstate = self.answering.sqlstate
        if sqlstate == "":
            if not is_there:
                raise NotFound
            return "rows"
        kinds = {"23505": django.db.IntegrityError, "25006": django.db.InternalError}
        kind = kinds.get(sqlstate or "", django.db.OperationalError)
        raise kind(SECRET) from refusal(sqlstate)


# -- over an asynchronous connection ----------------------------------------------------------


class MoodyServer:
    """Holds what ``send_messages`` wrote.

    Attributes:
        rooms: the client_ids of each room, by seq.
        reached: how many statements came.
    """

    def __init__(self) -> None:
        self.mood = WELL
        self.rooms: dict[str, list[str]] = {}
        self.reached = 0

    @property
    def stored(self) -> set[str]:
        """The client_ids of all rooms."""
        return {client_id for room in self.rooms.values() for client_id in room}

    def connect(self, dsn: str, **how: object) -> "MoodyConnection":
        """Stand in for ``psycopg2.connect``."""
        del dsn, how
        if self.mood.sqlstate is None:
            raise refusal(None)
        return MoodyConnection(self)

    def send_messages(self, rooms: str, wait: object, of: str, _: str, ids: str, *__: str) -> Any:
        """Do what the function of that name does, as far as the writer can see."""
        del wait
        names = listed(rooms)
        bases = [len(self.rooms.setdefault(name, [])) for name in names]
        known: list[tuple[int, int]] = []
        for place, (index, client_id) in enumerate(zip(listed(of), listed(ids), strict=True), 1):
            room = self.rooms[names[int(index) - 1]]
            if client_id in room:
                known.append((place, room.index(client_id) + 1))
            else:
                room.append(client_id)
        at = instant_of(0)
        return (
            *(bases, [1] * len(names), [at] * len(names)),
            self.reached if len(known) < len(listed(ids)) else None,
            [place for place, _ in known] or None,
            *([Verdict.DUPLICATE] * len(known), [seq for _, seq in known], [at] * len(known)),
        )


def listed(array: str) -> list[str]:
    """Read PostgreSQL's literal of an array of plain things."""
    return array.strip("{}").split(",")


class MoodyConnection:
    """A connection, and its only cursor."""

    description = ("a row",)

    def __init__(self, server: MoodyServer) -> None:
        self._server = server
        self._mine, self._theirs = socket.socketpair()
        self._answers = True
        self._refusal: psycopg2.Error | None = None
        self._row: Any = None
        self.closed = 0
        self._answer_later(server.mood)

    def fileno(self) -> int:
        return self._mine.fileno()

    def cursor(self) -> "MoodyConnection":
        return self

    def execute(self, sql: str, parameters: tuple[Any, ...]) -> None:
        mood = self._server.mood
        self._row = None
        if "send_messages" in sql:
            self._server.reached += 1
            if mood.does:
                self._row = self._server.send_messages(*parameters)
        self._answer_later(mood)

    def _answer_later(self, mood: Mood) -> None:
        self._answers = False
        self._refusal = None if mood.sqlstate == "" else refusal(mood.sqlstate)
        asyncio.get_running_loop().call_later(mood.lasts_s, self._answer)

    def _answer(self) -> None:
        if not self.closed:
            self._answers = True
            self._theirs.send(b"!")

    def poll(self) -> int:
        if not self._answers:
            return extensions.POLL_READ
        self._mine.setblocking(False)
        self._mine.recv(1)
        if self._refusal is not None:
            raise self._refusal
        return extensions.POLL_OK

    def fetchall(self) -> list[Any]:
        return [self._row]

    def close(self) -> None:
        self.closed = 1
        self._mine.close()
        self._theirs.close()
