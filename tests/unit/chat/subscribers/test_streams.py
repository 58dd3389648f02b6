"""Whom the events of the streams are handed to, and which streams a process reads how."""

import asyncio
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest

from libs.common.events import (
    Advance,
    MessageCreated,
    MessageFrame,
    OutgoingFailed,
    OutgoingSent,
    PersonPresence,
    PresenceBeat,
    PresenceChanged,
    PresenceRequested,
    ProcessBeat,
    ReplayOffered,
    RoomChanged,
    RoomHead,
    RoomSnapshot,
    TypingChanged,
    TypingNews,
    UserChanged,
    UserRevoked,
    WatermarksAdvanced,
)
from libs.common.streams.entries import Entry, StreamId
from services.chat.subscribers import Hearers, tailed
from services.chat.subscribers.streams import ENTRIES_PER_TURN, tell

MESSAGE = MessageCreated(
    room="room",
    first_seq=1,
    last_seq=1,
    room_version=1,
    frames=[MessageFrame(seq=1, sender="ann", frame=msgspec.Raw(b"{}"))],
)
ADVANCED = WatermarksAdvanced(advances=[Advance("room", "ann", 1, 1, 1, 0)])
TYPING = TypingChanged(news=[TypingNews("room", "ann", "tab", is_typing=True)])
CHANGED = PresenceChanged(people=[PersonPresence("ann", "online")])
BEAT = PresenceBeat()
ROOM = RoomChanged(room="room", version=1, last_seq=0, members=[])
SNAPSHOT = RoomSnapshot(room="room", version=1, last_seq=0, members=[])
USER = UserChanged(user="ann", username="ann", display_name="Ann", profile_version=1)
OFFERED = ReplayOffered(session="tab", user="ann", ranges=[])
SENT = OutgoingSent(user="ann", room="room", client_id="id", seq=1, at="")
FAILED = OutgoingFailed(user="ann", room="room", client_id="id", code="internal", message="")
REVOKED = UserRevoked(user="ann", sids=("sid",))


class Heard:
    """Notes who was told what, as ``part.method``, in order."""

    def __init__(self):
        self.calls: list[tuple[str, Any]] = []

    def part(self, name, *methods):
        def noting(method):
            return lambda *told: self.calls.append((f"{name}.{method}", *told))

        return type(name, (), {method: staticmethod(noting(method)) for method in methods})()

    @property
    def hearers(self):
        return Hearers(
            hub=cast(
                Any, self.part("hub", "on_messages", "on_room", "on_user_changed", "on_revoked")
            ),
            statuses=cast(Any, self.part("statuses", "broadcast_status_update")),
            presence=cast(Any, self.part("presence", "hear", "hear_beat", "on_user_changed")),
            typing=cast(Any, self.part("typing", "hear")),
            deliveries=cast(Any, self.part("deliveries", "on_offered", "on_sent", "on_failed")),
        )


@pytest.fixture
def heard():
    return Heard()


def entries(*each):
    """Pack events, each list into an entry."""
    return [Entry(StreamId(number), events) for number, events in enumerate(each, start=1)]


@pytest.mark.parametrize(
    ("event", "calls"),
    [
        (MESSAGE, [("hub.on_messages", MESSAGE)]),
        (ADVANCED, [("statuses.broadcast_status_update", ADVANCED)]),
        (TYPING, [("typing.hear", TYPING)]),
        (CHANGED, [("presence.hear", CHANGED)]),
        (BEAT, [("presence.hear_beat",)]),
        (ROOM, [("hub.on_room", ROOM)]),
        (SNAPSHOT, [("hub.on_room", SNAPSHOT)]),
        (USER, [("hub.on_user_changed", USER), ("presence.on_user_changed", USER)]),
        (REVOKED, [("hub.on_revoked", REVOKED)]),
        (OFFERED, [("deliveries.on_offered", OFFERED)]),
        (SENT, [("deliveries.on_sent", SENT)]),
        (FAILED, [("deliveries.on_failed", FAILED)]),
        (ProcessBeat(process="p"), []),
        (PresenceRequested(users=["ann"]), []),
        (RoomHead(room="room", head=1), []),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_every_event_reaches_whom_it_is_for_and_nobody_else(heard, event, calls):
    await tell(heard.hearers, entries([event]))

    assert heard.calls == calls


async def test_events_are_handed_over_in_the_order_of_the_stream(heard):
    await tell(heard.hearers, entries([CHANGED, BEAT], [TYPING], [MESSAGE, CHANGED]))

    assert [call[0] for call in heard.calls] == [
        "presence.hear",
        "presence.hear_beat",
        "typing.hear",
        "hub.on_messages",
        "presence.hear",
    ]


async def test_many_entries_leave_turns_to_others(heard):
    many = entries(*([BEAT] for _ in range(4 * ENTRIES_PER_TURN)))

    telling = asyncio.create_task(tell(heard.hearers, many))
    steps = [0]
    while not telling.done():
        await asyncio.sleep(0)
        steps.append(len(heard.calls))

    assert len(heard.calls) == len(many)
    assert max(after - before for before, after in pairwise(steps)) <= ENTRIES_PER_TURN


def test_what_passes_is_not_read_again_in_a_new_epoch_and_what_lasts_is(heard):
    subscriptions = tailed(heard.hearers, partition=0)

    assert {each.key: each.durable for each in subscriptions} == {
        "chat.events:{0}": True,
        "receipts.events:{0}": True,
        "chat.rooms:{0}": True,
        "queue.deliveries:{0}": True,
        "chat.typing:{0}": False,
        "presence.events:{0}": False,
    }


def test_of_other_partitions_only_what_is_told_by_room_is_read(heard):
    subscriptions = tailed(heard.hearers, partition=2)

    assert {each.key for each in subscriptions} == {
        "chat.events:{2}",
        "receipts.events:{2}",
        "chat.typing:{2}",
    }


async def test_what_is_read_is_handed_over(heard):
    for each in tailed(heard.hearers, partition=0):
        handed = each.handler(entries([BEAT]))
        assert handed is not None
        await handed

    assert heard.calls == [("presence.hear_beat",)] * len(tailed(heard.hearers, partition=0))
