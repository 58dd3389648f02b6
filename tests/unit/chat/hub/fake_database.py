"""Rooms, members and messages in memory, for a hub that believes to ask PostgreSQL."""

import asyncio
from collections.abc import Callable

from libs.common.errors import Unavailable
from services.chat.domain.ordering import HELD_FRAMES
from services.chat.frames.server import Message, RoomEntry
from services.chat.selectors.room_state import MemberSpan, RoomState
from services.chat.selectors.rooms import Head


def message(room, seq):
    return Message(
        id=f"{room}.{seq}",
        room=room,
        seq=seq,
        sender="author",
        client_id=str(seq),
        content=f"number {seq}",
        reply_to=None,
        created_at="2026-01-01T00:00:00.000Z",
    )


class FakeDatabase:
    """``DatabaseThreads`` over rooms in memory: answers the selectors by their names.

    Attributes:
        down: whether it answers nothing.
        refused: how many questions it has not answered.
        calls: the names of the selectors that were asked.
        meanwhile: called once, after the next question to the named selector was answered.
    """

    def __init__(self):
        self.heads: dict[str, int] = {}
        self.versions: dict[str, int] = {}
        self.spans: dict[str, dict[str, MemberSpan]] = {}
        self.down = False
        self.refused = 0
        self.calls: list[str] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}

    def add_room(self, room, *users, head=0):
        self.heads[room], self.versions[room] = head, 1
        self.spans[room] = {user: span(user) for user in users}

    def remove_room(self, room):
        del self.heads[room], self.versions[room], self.spans[room]

    async def run(self, function, *args, **kwargs):
        await asyncio.sleep(0)
        if self.down:
            self.refused += 1
            raise Unavailable
        self.calls.append(function.__name__)
        answer = getattr(self, function.__name__)(*args, **kwargs)
        self.meanwhile.pop(function.__name__, lambda: None)()
        await asyncio.sleep(0)
        return answer

    def rooms_of_each(self, users):
        return {user: self.rooms_of(user_id=user) for user in users}

    def rooms_of(self, *, user_id):
        rooms = [self.room_for(user_id=user_id, room_id=room) for room in self.heads]
        return [room for room in rooms if room is not None]

    def room_for(self, *, user_id, room_id):
        its = self.spans.get(room_id, {}).get(user_id)
        if its is None or its.left_seq is not None:
            return None
        return RoomEntry(
            id=room_id,
            kind="group",
            name=room_id,
            version=self.versions[room_id],
            member_count=1,
            last_seq=self.heads[room_id],
            delivered_seq=0,
            read_seq=0,
            lowest=[],
        )

    def heads_of(self, rooms):
        return [
            Head(room=room, last_seq=self.heads[room], version=self.versions[room])
            for room in rooms
            if room in self.heads
        ]

    def risen_heads(self, known, *, snapshot):
        heads = self.heads_of(known)
        now = repr(self.heads_of(self.heads))
        news = [head for head in heads if head.risen != known[head.room]]
        return now, [] if now == snapshot else news

    def rooms_of_users(self, users):
        return [
            (user, room)
            for room, spans in self.spans.items()
            for user, its in spans.items()
            if its.left_seq is None and user in users
        ]

    def members_of(self, room, *, besides=()):
        if room not in self.heads:
            return None
        return RoomState(
            room=room,
            kind="group",
            name=room,
            open_history=False,
            version=self.versions[room],
            last_seq=self.heads[room],
            members=[
                its
                for its in self.spans[room].values()
                if its.left_seq is None or its.user in besides
            ],
            names={},
        )

    def _read_range(self, room, *, first_seq, last_seq):
        last_seq = min(last_seq, first_seq + HELD_FRAMES - 1, self.heads[room])
        return [message(room, seq) for seq in range(first_seq, last_seq + 1)], self.versions[room]


def span(user, *, joined_seq=0, left_seq=None):
    return MemberSpan(
        user=user,
        role="member",
        joined_seq=joined_seq,
        left_seq=left_seq,
        delivered_seq=0,
        read_seq=0,
        shown_read_seq=0,
    )
