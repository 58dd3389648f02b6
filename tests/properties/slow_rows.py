"""Members' rows of one room in a slow and unreliable database, as chat's projection has them."""

from collections import defaultdict

import msgspec

from libs.common.events import Advance
from services.chat.frames.lowest import lowest
from services.chat.frames.server import RoomEntry
from services.chat.selectors.marks import MarksRead, MemberMarks
from services.chat.selectors.room_state import MemberSpan
from services.chat.selectors.rooms import Head
from tests.properties.slow_database import Dice, SlowDatabase

ROOM = "room"


class Rows(SlowDatabase):
    """One room's rows; ``fold`` raises them, as the group does that reads the advances."""

    def __init__(self, dice: Dice) -> None:
        super().__init__(dice)
        self.marks_versions: dict[str, int] = defaultdict(int)
        self.is_direct = False

    def present(self) -> list[MemberSpan]:
        return [its for its in self.spans[ROOM].values() if its.left_seq is None]

    def fold(self, advance: Advance) -> None:
        its = self.spans[ROOM][advance.user]
        if its.left_seq is None:
            self.spans[ROOM][advance.user] = msgspec.structs.replace(
                its,
                delivered_seq=max(its.delivered_seq, advance.delivered_seq),
                read_seq=max(its.read_seq, advance.read_seq),
                shown_read_seq=max(its.shown_read_seq, advance.shown_read_seq),
            )
            if self.spans[ROOM][advance.user] != its:
                self.marks_versions[ROOM] += 1

    def room_for(self, *, user_id: str, room_id: str) -> RoomEntry | None:
        entry: RoomEntry | None = super().room_for(user_id=user_id, room_id=room_id)
        if entry is None:
            return None
        its = self.spans[room_id][user_id]
        return msgspec.structs.replace(
            entry,
            delivered_seq=its.delivered_seq,
            read_seq=its.read_seq,
            lowest=lowest(each for each in self.present() if not self.is_direct or each != its),
        )

    def heads_of(self, rooms: list[str]) -> list[Head]:
        return [
            msgspec.structs.replace(head, marks_version=self.marks_versions[head.room])
            for head in super().heads_of(rooms)
        ]

    def marks_of(self, rooms: list[str]) -> list[MarksRead]:
        return [
            MarksRead(
                room=room,
                is_direct=self.is_direct,
                version=self.versions[room],
                marks_version=self.marks_versions[room],
                members=[
                    MemberMarks(
                        user=its.user,
                        delivered_seq=its.delivered_seq,
                        read_seq=its.read_seq,
                        shown_read_seq=its.shown_read_seq,
                    )
                    for its in self.present()
                ],
            )
            for room in rooms
        ]
