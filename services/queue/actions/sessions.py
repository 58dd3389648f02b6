"""Keeps which chat sessions are open, as chat's processes tell it: to whom something can be sent.

News may come in any order: what was opened behind its closing stays until the next list of its
process, and what is offered to it meanwhile is heard by nobody.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from libs.common.events import (
    Event,
    ProcessBeat,
    ProcessEnded,
    SessionNews,
    SessionsChanged,
    SessionsListed,
)

SILENT_AFTER = dt.timedelta(minutes=3)
"""A process that was not heard of for so long is gone: three of its lists are missing."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is open at a process, as of its count ``n``."""

    user: str
    process: str
    n: int


@dataclass(slots=True)
class SessionsTold:
    """What some entries tell of sessions, in their order."""

    opened: dict[str, Opened] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    lists: dict[str, int] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Take note of an event; of others than sessions' nothing."""
        match event:
            case SessionsChanged(process=process, news=news):
                self.heard.add(process)
                self._take_news(process, news)
            case SessionsListed(process=process, n=n, sessions=sessions):
                self.heard.add(process)
                self.lists[process] = max(self.lists.get(process, 0), n)
                self._take_news(process, sessions)
            case ProcessBeat(process=process):
                self.heard.add(process)
            case ProcessEnded(process=process):
                self.ended.add(process)

    def _take_news(self, process: str, news: Sequence[SessionNews]) -> None:
        for each in news:
            if each.kind != "chat":
                continue
            if each.step == "closed":
                self.closed.add(each.session)
                self.opened.pop(each.session, None)
            elif each.session not in self.closed:
                self.opened[each.session] = Opened(each.user, process, each.n)


@transaction.atomic
def set_sessions(told: SessionsTold, *, now: dt.datetime) -> bool:
    """Take over which sessions are open; tell whether any of them is new.

    A new one is due to be offered what waits for its person. Idempotent.
    """
    is_any_new = _open(told, now=now)
    with connection.cursor() as cursor:
        if told.closed:
            cursor.execute("DELETE FROM chat_session WHERE id = ANY(%s::uuid[])", [[*told.closed]])
        for process, n in sorted(told.lists.items()):
            cursor.execute("DELETE FROM chat_session WHERE process = %s AND n < %s", [process, n])
        if told.ended:
            ended = [[*told.ended]]
            cursor.execute("DELETE FROM chat_session WHERE process = ANY(%s)", ended)
            cursor.execute("DELETE FROM chat_process WHERE name = ANY(%s)", ended)
        if heard := sorted(told.heard - told.ended):
            cursor.execute(
                """
                INSERT INTO chat_process (name, heard_at) SELECT unnest(%s::text[]), %s
                    ON CONFLICT (name) DO UPDATE
                   SET heard_at = greatest(chat_process.heard_at, excluded.heard_at)
                """,
                [heard, now],
            )
    return is_any_new


def _open(told: SessionsTold, *, now: dt.datetime) -> bool:
    rows = [
        (session, opened)
        for session, opened in sorted(told.opened.items())
        if opened.process not in told.ended
    ]
    if not rows:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO chat_session AS known (id, user_id, process, n, offer_at)
            SELECT *, %s FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[])
                ON CONFLICT (id) DO UPDATE SET n = excluded.n WHERE known.n < excluded.n
            RETURNING offers = 0
            """,
            [
                now,
                [session for session, _ in rows],
                [opened.user for _, opened in rows],
                [opened.process for _, opened in rows],
                [opened.n for _, opened in rows],
            ],
        )
        return any(is_new for (is_new,) in cursor.fetchall())


@transaction.atomic
def forget_silent_processes(*, now: dt.datetime) -> None:
    """Forget processes that were not heard of for long, and their sessions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM chat_process WHERE heard_at < %s RETURNING name", [now - SILENT_AFTER]
        )
        if gone := [name for (name,) in cursor.fetchall()]:
            cursor.execute("DELETE FROM chat_session WHERE process = ANY(%s)", [gone])
