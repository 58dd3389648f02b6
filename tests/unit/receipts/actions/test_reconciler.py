import pytest

from libs.common.events import RoomMember, RoomSnapshot
from services.receipts.actions.reconcile import ChatIsSilent, Reconciler
from services.receipts.actions.reconcile.reconciler import AGAIN_AFTER_S, CASES_KEPT, PAUSE_S
from services.receipts.domain.drift import CHAT_DELIVERED, CHAT_ROOM, LOG_BELOW, Case
from services.receipts.domain.watermarks import Watermarks


class Receipts:
    """The database: rooms in pages of two, each with the one member ``ann``."""

    def __init__(self, **delivered):
        self.delivered = delivered
        self.log_cases = set()

    async def run(self, function, argument):
        return getattr(self, function.__name__)(argument)

    def rooms_after(self, after):
        return sorted(room for room in self.delivered if room > after)[:2]

    def log_cases_in(self, rooms):
        return {case for case in self.log_cases if case.room in rooms}

    def watermarks_in(self, rooms):
        return {
            (room, "ann"): Watermarks(delivered_seq=seq)
            for room, seq in self.delivered.items()
            if room in rooms
        }


class Chat:
    """Answers about the rooms that it has; ``changes`` come before each answer."""

    def __init__(self, *changes, **delivered):
        self.delivered = delivered
        self.asked = []
        self._changes = list(changes)

    async def __call__(self, rooms):
        self.asked.append(set(rooms))
        if self._changes:
            self._changes.pop(0)()
        return {
            room: RoomSnapshot(room=room, version=1, last_seq=9, members=[_ann(seq)])
            for room, seq in self.delivered.items()
            if room in rooms
        }


def _ann(delivered_seq):
    return RoomMember(
        user="ann", role="member", joined_seq=0, delivered_seq=delivered_seq, read_seq=0
    )


async def report_of(receipts, chat):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    report = await Reconciler(receipts, ask=chat, sleep=sleep).run()
    return report, waits


async def test_all_rooms_are_compared_page_by_page():
    chat = Chat(a=1, b=2, c=3)

    report, waits = await report_of(Receipts(a=1, b=2, c=3), chat)

    assert (report.rooms, report.members, report.is_clean) == (3, 3, True)
    assert chat.asked == [{"a", "b"}, {"c"}]
    assert waits == [PAUSE_S, PAUSE_S]


async def test_what_differs_is_asked_again_and_is_drift_where_it_stays():
    chat = Chat(a=1, b=5)

    report, waits = await report_of(Receipts(a=1, b=2), chat)

    assert report.cases == [Case(CHAT_DELIVERED, "b", "ann", 2, 5)]
    assert report.drift[CHAT_DELIVERED] == report.drift.total() == 1
    assert chat.asked == [{"a", "b"}, {"b"}]
    assert waits[0] == AGAIN_AFTER_S


async def test_news_on_their_way_are_no_drift():
    arrived, moving = Receipts(a=5), Receipts(a=5)
    chat = Chat(lambda: None, lambda: arrived.delivered.update(a=6), a=6)
    busy = Chat(lambda: None, lambda: moving.delivered.update(a=7), a=6)

    first, _ = await report_of(arrived, chat)
    second, _ = await report_of(moving, busy)

    assert (first.is_clean, second.is_clean) == (True, True)


async def test_a_room_that_chat_does_not_know_is_drift():
    report, _ = await report_of(Receipts(a=1, b=2), Chat(a=1))

    assert report.cases == [Case(CHAT_ROOM, "b")]


async def test_silence_is_no_drift():
    with pytest.raises(ChatIsSilent):
        await report_of(Receipts(a=1), Chat())


async def test_the_log_is_compared_once_and_the_first_cases_are_kept():
    rooms = {f"room {number:02}": 1 for number in range(CASES_KEPT + 5)}
    receipts = Receipts(**rooms)
    receipts.log_cases = {Case(LOG_BELOW, room, "ann", 1, 0) for room in rooms}

    report, _ = await report_of(receipts, Chat(**rooms))

    assert report.drift[LOG_BELOW] == CASES_KEPT + 5
    assert [case.room for case in report.cases] == sorted(rooms)[:CASES_KEPT]
