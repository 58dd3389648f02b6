"""Chat as the queue meets it: its own tables and selectors, without sockets or streams."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.events import MissedRange
from services.chat.frames.server import Message
from services.chat.selectors.messages import SyncAnswer, sync_pages
from services.chat.selectors.replay import missed_messages
from tests.properties.offline.tables import Tables, some_ids


class Chat:
    """Rooms, messages, and chat's projection of who received what."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.written: dict[tuple[str, int], dt.datetime] = {}
        self.heads: dict[str, int] = {}
        self.projected: dict[tuple[str, str], int] = {}

    def people(self, count: int) -> Sequence[str]:
        """Make people."""
        people = some_ids(count)
        self.tables.rows(
            "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
            " is_superuser) select id, replace(id::text, '-', ''), '', '!', true, false,"
            " false from unnest(%s::uuid[]) id",
            list(people),
        )
        return people

    def room(self, *members: str) -> str:
        """Make a room."""
        room = str(uuid.uuid4())
        self.tables.rows(
            "insert into room (id, kind, name, open_history, version, last_seq)"
            " values (%s, 'group', '', false, 1, 0)",
            room,
        )
        self.tables.rows(
            "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
            " select %s, id, 'member', 0, 0, 0 from unnest(%s::uuid[]) id",
            *(room, list(members)),
        )
        self.heads[room] = 0
        return room

    def write(self, room: str, sender: str, at: dt.datetime) -> Message:
        """Write a message."""
        seq = self.heads[room] = self.heads[room] + 1
        self.written[room, seq] = at
        client_id = str(uuid.uuid4())
        self.tables.rows(
            "with written as (insert into message"
            " (room_id, seq, sender_id, client_id, content, created_at)"
            " values (%s, %s, %s, %s, 'hello', %s) returning room_id, seq)"
            " update room set last_seq = written.seq from written where id = written.room_id",
            *(room, seq, sender, client_id, at),
        )
        found: list[Message] = self.tables.do(
            missed_messages, user_id=sender, ranges=[MissedRange(room, seq - 1, seq)]
        ).messages
        return found[0]

    def project(self, room: str, user: str, seq: int) -> None:
        """Take over how far somebody is, as receipts tells it."""
        self.projected[room, user] = max(self.projected.get((room, user), 0), seq)
        self.tables.rows(
            "update member set delivered_seq = greatest(delivered_seq, %s)"
            " where room_id = %s and user_id = %s",
            *(seq, room, user),
        )

    def replay(self, user: str, ranges: Sequence[MissedRange], *, page: int) -> list[Message]:
        """Return what a session is sent that is offered some ranges, page by page."""
        sent: list[Message] = []
        while ranges:
            found = self.tables.do(missed_messages, user_id=user, ranges=ranges, limit=page)
            sent += found.messages
            ranges = found.left
        return sent

    def sync(self, user: str, cursors: Mapping[str, int], now: dt.datetime) -> SyncAnswer:
        """Answer a question for what is missing above some cursors."""
        return self.tables.do(sync_pages, user_id=user, cursors=cursors, now=now)

    def places(self, user: str) -> list[dict[str, Any]]:
        """Return somebody's rooms as ``welcome`` names them."""
        found = self.tables.rows(
            "select room.id::text, last_seq, delivered_seq, version from room"
            " join member on member.room_id = room.id where user_id = %s order by 1",
            user,
        )
        return [
            {"type": "room", "id": room, "last_seq": head, "delivered_seq": at, "version": version}
            for room, head, at, version in found
        ]
