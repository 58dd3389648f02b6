import uuid

import pytest

from libs.common.events import RoomChanged
from services.chat.models import Outbox
from services.chat.outbox import news
from services.chat.store import CHAT_ROOMS


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the database, which knows every room at version 3."""
    questions: list[list[str]] = []

    def snapshots_of(rooms):
        questions.append(list(rooms))
        return [RoomChanged(room=room, version=3, last_seq=0, members=[]) for room in rooms]

    monkeypatch.setattr(news, "snapshots_of", snapshots_of)
    return questions


def test_a_room_that_changed_many_times_is_read_and_told_of_once(asked):
    one, other = uuid.uuid4(), uuid.uuid4()
    rows = [Outbox(event="room.changed", subjects=[room]) for room in (one, other, one, one)]
    rows.append(Outbox(event="user.revoked", subjects=[one, other]))

    (told,) = news.outgoing(rows, partitions=1)

    assert asked == [[str(one), str(other)]]
    assert told.stream == CHAT_ROOMS
    changed = [event for event in told.events if isinstance(event, RoomChanged)]
    assert [event.room for event in changed] == [str(one), str(other)]
    assert len(told.events) == 3


def test_without_changed_rooms_the_database_is_not_asked_for_any(asked):
    row = Outbox(event="user.revoked", subjects=[uuid.uuid4(), uuid.uuid4()])

    news.outgoing([row], partitions=1)

    assert asked == []
