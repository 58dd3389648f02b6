from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as NoRedis

from libs.common.events import (
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    RoomChanged,
    RoomMember,
    RoomSnapshot,
    SessionNews,
    SessionsChanged,
    SessionsListed,
    UserChanged,
    UserRevoked,
)
from libs.common.streams.entries import Entry, StreamId
from services.presence.store import CHAT_ROOMS, CHAT_SESSIONS
from services.presence.subscribers import handlers
from services.presence.subscribers.streams import take_rooms, take_sessions

AT_MS = 1_800_000_000_000
OPENED = SessionNews("tab", "ann", "chat", "opened", 1)


class Manager:
    """Keeps what it is given, in order."""

    def __init__(self):
        self.given = []
        self.fails = False

    async def take(self, told):
        if self.fails:
            raise NoRedis
        self.given += told

    async def answer(self, users):
        self.given.append(("asked", users))


class Database:
    """Keeps what is to be written."""

    def __init__(self):
        self.rooms: list[Any] = []
        self.privacies: dict[str, Any] = {}

    async def run(self, _, rooms, privacies):
        self.rooms, self.privacies = rooms, privacies


def entry(*events):
    return Entry(StreamId(AT_MS, 0), list(events))


def member(user, last_seen="everyone", version=0):
    return RoomMember(
        user=user,
        role="member",
        joined_seq=0,
        delivered_seq=0,
        read_seq=0,
        last_seen=last_seen,
        profile_version=version,
    )


def changed(version, *members):
    return RoomChanged(room="room", version=version, last_seq=0, members=list(members))


async def test_what_processes_tell_is_taken_with_the_time_of_its_entry():
    manager = Manager()
    events = [
        SessionsChanged(process="p", news=[OPENED]),
        SessionsListed(process="p", n=2, sessions=[OPENED]),
        ProcessBeat(process="p"),
        ProcessEnded(process="p"),
    ]

    await take_sessions(cast(Any, manager), [entry(*events)])

    assert manager.given == [
        ("news", "p", AT_MS, [OPENED]),
        ("list", "p", AT_MS, 2, [OPENED]),
        ("beat", "p", AT_MS),
        ("ended", "p", AT_MS),
    ]


async def test_who_is_asked_for_is_answered_for_once_and_behind_the_news():
    manager = Manager()
    asked = PresenceRequested(users=["ann", "bob"])

    await take_sessions(cast(Any, manager), [entry(asked), entry(asked, ProcessBeat(process="p"))])

    assert manager.given == [("beat", "p", AT_MS), ("asked", ["ann", "bob"])]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_a_room_the_newest_counts_and_of_a_person_the_newest_profile(order):
    database = Database()
    events = [
        changed(1, member("ann", "nobody", 3), member("bob")),
        changed(2, member("ann", "contacts", 2)),
    ]

    await take_rooms(cast(Any, database), [entry(events[each]) for each in order])

    assert [room.version for room in database.rooms] == [2]
    assert database.privacies == {"ann": ("nobody", 3)}


async def test_privacy_comes_with_people_and_with_snapshots():
    database = Database()
    user = UserChanged(
        user="ann", username="a", display_name="A", last_seen="nobody", profile_version=4
    )
    snapshot = RoomSnapshot(
        room="room", version=1, last_seq=0, members=[member("bob", "contacts", 1)], is_direct=True
    )

    await take_rooms(cast(Any, database), [entry(user), entry(snapshot)])

    assert database.privacies == {"ann": ("nobody", 4), "bob": ("contacts", 1)}
    assert database.rooms == [snapshot]


async def test_nobody_is_answered_for_before_the_news_are_taken_in():
    manager = Manager()
    manager.fails = True

    with pytest.raises(NoRedis):
        await take_sessions(cast(Any, manager), [entry(PresenceRequested(users=["ann"]))])

    assert manager.given == []


async def test_of_two_events_of_one_version_the_later_counts():
    database = Database()
    events = [changed(2, member("ann")), changed(2, member("ann"), member("bob"))]

    await take_rooms(cast(Any, database), [entry(*events)])

    assert database.rooms == [events[1]]


async def test_a_profile_that_never_changed_is_not_noted():
    database = Database()

    await take_rooms(cast(Any, database), [entry(changed(1, member("ann", "everyone", 0)))])

    assert database.privacies == {}


async def test_each_stream_has_its_handler_which_passes_over_what_does_not_belong_there():
    manager, database = Manager(), Database()
    strange = UserRevoked(user="ann")
    handler_of = handlers(cast(Any, manager), cast(Any, database))

    await handler_of[CHAT_SESSIONS]([entry(strange, ProcessBeat(process="p"))])
    await handler_of[CHAT_ROOMS]([entry(strange, changed(1))])

    assert manager.given == [("beat", "p", AT_MS)]
    assert [room.version for room in database.rooms] == [1]
