"""The store: order, holes, beginnings."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from clients.python.parley.frames import Message, Room, SyncedRoom
from clients.python.parley.rooms import HELD_LIMIT, SYNC_BACKOFF_LIMIT_S, Gap, Rooms
from tests.unit.clients.python import fakes


def message(seq: int, room: str = "r") -> Message:
    return msgspec.convert(fakes.message(room, seq), Message)


def room(**members: Any) -> Room:
    return msgspec.convert(fakes.room(**members), Room)


def synced(first: int, last: int, *, has_more: bool = False, truncated: bool = False) -> SyncedRoom:
    return SyncedRoom(
        room="r", first_seq=first, last_seq=last, has_more=has_more, truncated=truncated
    )


def seqs(messages: list[Message]) -> list[int]:
    return [one.seq for one in messages]


@pytest.fixture
def store() -> Rooms:
    """A store with room r, begun at 3."""
    store = Rooms()
    store.learn(room(last_seq=3, delivered_seq=3), now=0)
    return store


def test_a_room_begins_at_what_was_delivered_before(store):
    assert store.cursor("r") == 3
    assert not store.has_holes


def test_messages_above_a_hole_wait_for_it(store):
    early = store.take(message(5), now=0)

    late = store.take(message(4), now=0.1)

    assert seqs(early) == []
    assert seqs(late) == [4, 5]
    assert not store.has_holes


def test_a_message_is_given_out_once(store):
    store.take(message(4), now=0)
    store.take(message(6), now=0)

    again = [*store.take(message(4), now=0), *store.take(message(6), now=0)]

    assert again == []


@given(st.permutations(list(range(4, 16))), st.data())
def test_any_order_with_repetitions_comes_out_as_one_sequence(order, data):
    store = Rooms()
    store.learn(room(last_seq=3, delivered_seq=3), now=0)
    repeated = order + data.draw(st.lists(st.sampled_from(order), max_size=10))

    released = [store.take(message(seq), now=0) for seq in repeated]

    assert seqs(list(itertools.chain(*released))) == list(range(4, 16))


def test_a_hole_is_asked_for_only_when_it_is_half_a_second_old(store):
    store.take(message(5), now=10)

    assert store.sync_wanted(now=10.49) == {}
    assert store.sync_wanted(now=10.5) == {"r": 3}


def test_a_hole_that_stays_is_asked_for_ever_more_rarely(store):
    store.take(message(5), now=0)

    asked = [now for now in range(200) if store.sync_wanted(now=now)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]

    assert pauses == sorted(pauses)
    assert pauses[-1] == SYNC_BACKOFF_LIMIT_S


def test_a_head_above_the_cursor_is_a_hole_too(store):
    store.learn(room(last_seq=9, delivered_seq=3), now=0)

    assert store.sync_wanted(now=1) == {"r": 3}


def test_the_cursor_of_this_device_wins_over_another_devices_watermark(store):
    store.learn(room(last_seq=9, delivered_seq=9), now=0)

    assert store.cursor("r") == 3


def test_the_next_page_of_a_sync_is_asked_for_at_once(store):
    store.note_head("r", 9, now=0)
    store.sync_wanted(now=1)
    store.take(message(4), now=1)

    store.synced([synced(4, 4, has_more=True)], now=1)

    assert store.sync_wanted(now=1) == {"r": 4}


def test_a_truncated_answer_moves_the_beginning_and_leaves_a_gap(store):
    store.note_head("r", 60, now=0)
    held = [store.take(message(seq), now=1) for seq in range(11, 61)]

    released = store.synced([synced(11, 60, truncated=True)], now=1)

    assert not any(held)
    assert seqs(released) == list(range(11, 61))
    assert store.gaps == [Gap("r", 4, 10)]
    assert not store.has_holes


def test_an_empty_answer_to_a_sync_skips_nothing(store):
    store.note_head("r", 5, now=0)

    store.synced([synced(4, 3)], now=1)

    assert store.cursor("r") == 3
    assert store.gaps == []


def test_a_message_of_an_unknown_room_waits_until_its_beginning_is_known():
    store = Rooms()
    early = store.take(message(5), now=0)
    unplaced = store.unplaced

    released = store.learn(room(last_seq=5, delivered_seq=4), now=0)

    assert early == []
    assert unplaced == {"r"}
    assert seqs(released) == [5]
    assert store.unplaced == frozenset()


def test_a_room_one_was_removed_from_is_forgotten(store):
    store.take(message(5), now=0)

    store.learn(room(removed=True), now=0)

    assert store.known == {}
    assert not store.has_holes
    assert store.sync_wanted(now=9) == {}


def test_an_older_version_of_a_room_does_not_undo_a_newer_one(store):
    store.learn(room(name="r", version=5, last_seq=3), now=0)

    store.learn(room(name="r", version=4, last_seq=8), now=0)

    assert store.known["r"].version == 5
    assert store.sync_wanted(now=1) == {"r": 3}


@pytest.mark.parametrize("version", [4, 5, 6])
def test_own_watermarks_never_go_back_whichever_version_of_a_room_tells_them(store, version):
    store.learn(room(version=5, delivered_seq=3, read_seq=2), now=0)

    store.learn(room(version=version, delivered_seq=2, read_seq=1), now=0)
    late = (store.known["r"].delivered_seq, store.known["r"].read_seq)
    store.learn(room(version=version, delivered_seq=3, read_seq=3), now=0)

    assert late == (3, 2)
    assert (store.known["r"].delivered_seq, store.known["r"].read_seq) == (3, 3)


def test_what_is_held_above_a_hole_is_bounded_and_asked_for_later(store):
    beyond = 5 + HELD_LIMIT
    for seq in range(5, beyond + 1):
        store.take(message(seq), now=0)

    released = store.take(message(4), now=0)

    assert seqs(released) == list(range(4, beyond))
    assert store.sync_wanted(now=1) == {"r": beyond - 1}


def test_one_sync_names_at_most_200_rooms():
    store = Rooms()
    for number in range(250):
        store.learn(room(name=f"r{number}", last_seq=1), now=0)

    first, second = store.sync_wanted(now=1), store.sync_wanted(now=1)

    assert len(first) == 200
    assert len(second) == 50
    assert not first.keys() & second.keys()
