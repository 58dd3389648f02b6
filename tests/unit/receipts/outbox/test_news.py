import uuid
from itertools import chain
from typing import Any

import pytest
from structlog.testing import capture_logs

from libs.common.events import Advance, RoomHead
from libs.common.streams.names import partition_of
from services.receipts.models import Outbox
from services.receipts.outbox import news
from services.receipts.outbox.news import ADVANCES_PER_EVENT
from services.receipts.store import RECEIPTS_EVENTS, RECEIPTS_LAG

ROOMS = [uuid.UUID(int=number) for number in range(1, 9)]
ANN, BOB = uuid.UUID(int=100), uuid.UUID(int=101)


def advance(room, user="ann", seq=1):
    return Advance(room, user, seq, seq, seq, 1)


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the database: of whom to tell, and of which laggards."""
    questions: dict[str, list[Any]] = {"advances": [], "lag": []}

    def advances_of(pairs):
        questions["advances"].append(pairs)
        return [advance(str(room), str(user)) for room, user in pairs]

    def lag_events(subjects):
        questions["lag"].append(subjects)
        return [RoomHead(room=str(room), head=1) for room, _ in subjects]

    monkeypatch.setattr(news, "advances_of", advances_of)
    monkeypatch.setattr(news, "lag_events", lag_events)
    return questions


def advances_in(outgoing):
    """Return the advances of each event."""
    return [event.advances for event in outgoing.events]


def test_each_advance_stands_on_the_partition_of_its_room_in_order():
    told = [advance(str(room), seq=seq) for seq in (1, 2) for room in ROOMS]

    outgoing = news.advanced(told, partitions=3)

    assert {each.stream for each in outgoing} == {RECEIPTS_EVENTS}
    assert len({each.partition for each in outgoing}) == len(outgoing) > 1
    for each in outgoing:
        found = list(chain(*advances_in(each)))
        wanted = [one for one in told if partition_of(one.room, 3) == each.partition]
        assert found == wanted


def test_an_event_holds_so_many_advances_at_most():
    told = [advance("room", str(number)) for number in range(2 * ADVANCES_PER_EVENT + 1)]

    (outgoing,) = news.advanced(told, partitions=1)

    assert [len(found) for found in advances_in(outgoing)] == [
        *[ADVANCES_PER_EVENT] * 2,
        1,
    ]
    assert list(chain(*advances_in(outgoing))) == told


def test_who_moved_more_than_once_is_told_of_once(asked):
    hall, yard = ROOMS[:2]
    rows = [
        Outbox(event=Outbox.WATERMARKS_ADVANCED, rooms=[hall, hall], users=[ANN, BOB]),
        Outbox(event=Outbox.WATERMARKS_ADVANCED, rooms=[yard, hall], users=[ANN, ANN]),
    ]

    (outgoing,) = news.outgoing(rows, partitions=1)

    assert asked == {"advances": [[(hall, ANN), (hall, BOB), (yard, ANN)]], "lag": []}
    assert outgoing.stream == RECEIPTS_EVENTS
    assert [len(found) for found in advances_in(outgoing)] == [3]


def test_laggards_and_heads_are_told_once_on_the_one_partition_of_theirs(asked):
    hall = ROOMS[0]
    rows = [
        Outbox(event=Outbox.LAG_JUDGED, rooms=[hall, hall], users=[ANN, None]),
        Outbox(event=Outbox.LAG_JUDGED, rooms=[hall], users=[None]),
    ]

    (outgoing,) = news.outgoing(rows, partitions=5)

    assert asked == {"advances": [], "lag": [[(hall, ANN), (hall, None)]]}
    assert (outgoing.stream, outgoing.partition) == (RECEIPTS_LAG, 0)


def test_a_row_of_an_unknown_kind_is_told_of_in_the_log_and_holds_nothing_up(asked):
    rows = [
        Outbox(event="room.painted", rooms=[ROOMS[0]], users=[ANN]),
        Outbox(event=Outbox.WATERMARKS_ADVANCED, rooms=[ROOMS[1]], users=[BOB]),
    ]

    with capture_logs() as lines:
        (outgoing,) = news.outgoing(rows, partitions=1)

    assert [(line["event"], line["kind"]) for line in lines] == [
        ("outbox_row_of_unknown_kind", "room.painted")
    ]
    assert asked["advances"] == [[(ROOMS[1], BOB)]]
    assert outgoing.stream == RECEIPTS_EVENTS
