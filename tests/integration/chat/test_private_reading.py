"""Nobody else learns when somebody reads in private: not by what is said, nor by saying it."""

import pytest

from libs.common.events import Advance
from services.chat.actions.watermarks import fold_advances
from services.chat.selectors.marks import statuses_for


@pytest.fixture
def couple(world):
    """Two people in a room of 9 messages."""
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.fill(room, ann, 9)
    return ann, bob, room


def private_advance(room, user, *, read):
    return Advance(room, user.id, 5, read, 3, at_ms=0)


def test_what_is_read_in_private_is_news_to_oneself_only(world, couple, orm):
    ann, bob, room = couple

    def version(user):
        [status] = statuses_for(user_id=user.id, known={room: -1})
        return status.marks_version

    fold_advances([private_advance(room, bob, read=3)])
    before = version(ann), version(bob)
    fold_advances([private_advance(room, bob, read=4)])

    assert version(ann) == before[0]
    assert version(bob) > before[1]
    assert statuses_for(user_id=ann.id, known={room: before[0]}) == []
