"""Members who come back, or go again, faster than the hub reads: each stay is judged by itself."""

import asyncio
from typing import Any

import pytest

from libs.common.events import RoomChanged
from services.chat.hub import Outbound, Session
from tests.unit.chat.hub.fake_database import span
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.unit.chat.hub.test_hub import ROOM, House, seqs
from tests.unit.chat.hub.test_seating import change, told
from tests.waiting import until

TURNS = 200
"""Turns of the event loop: plenty for a task that never pauses to show itself."""


@pytest.fixture
def house():
    house = House()
    house.database.add_room(ROOM, "alice", "bob", head=10)
    return house


def adding(house, user):
    """Return what adds somebody to the room, and lets the hub hear of it."""
    return lambda: house.hub.on_room(change(house, **{user: span(user, joined_seq=10)}))


async def until_settled(house):
    """Wait until no task of the hub has anything to do."""
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_who_is_added_back_while_their_removal_is_read_gets_what_follows(house):
    _, bob, _ = await house.open("bob")
    house.database.meanwhile["members_of"] = adding(house, "bob")

    house.hub.on_room(change(house, bob=span("bob", left_seq=10)))
    await until_settled(house)
    house.hub.on_messages(house.commit(ROOM))

    assert seqs(bob) == [11]


async def test_who_is_added_back_while_an_older_joining_is_judged_gets_what_follows(house):
    _, carol, _ = await house.open("carol")
    joined = change(house, carol=span("carol", joined_seq=10))
    change(house, carol=span("carol", joined_seq=10, left_seq=10))
    house.database.meanwhile["members_of"] = adding(house, "carol")

    house.hub.on_room(joined)
    await until_settled(house)
    house.hub.on_messages(house.commit(ROOM))

    assert told(carol) == [("room", 4, 10), 11]


async def test_who_is_added_back_while_their_session_opens_gets_what_follows(house):
    # Removed between the reading of the rooms and of their heads, so that the room is read again.
    asked = house.database.meanwhile
    asked["rooms_of_each"] = lambda: change(house, bob=span("bob", left_seq=10))
    asked["room_for"] = adding(house, "bob")

    _, bob, rooms = await house.open("bob")
    await until_settled(house)
    house.hub.on_messages(house.commit(ROOM))

    assert ([(room.id, room.version) for room in rooms], told(bob)) == ([(ROOM, 3)], [11])


async def test_what_was_written_between_two_stays_is_seen_by_nobody_who_was_out(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")
    news = [
        change(house, bob=span("bob", left_seq=10)),
        house.commit(ROOM),
        change(house, bob=span("bob", joined_seq=11)),
        change(house, bob=span("bob", joined_seq=11, left_seq=11)),
    ]

    for event in news:  # all at once, as to a process that was hung for a while
        if isinstance(event, RoomChanged):
            house.hub.on_room(event)
        else:
            house.hub.on_messages(event)
    await until(lambda: bob.written and seqs(alice))

    assert (told(bob), seqs(alice)) == ([("removed", 4, 11)], [11])


async def test_a_database_that_was_set_back_refuses_no_newcomer(house):
    await house.open("alice")
    house.hub.hear_of_version(ROOM, 7)
    await until_settled(house)

    _, bob, rooms = await house.open("bob")
    house.hub.on_messages(house.commit(ROOM))

    assert ([room.version for room in rooms], seqs(bob)) == ([1], [11])


async def test_the_portrait_is_let_go_after_a_joining(house):
    _, carol, _ = await house.open("carol")

    house.hub.on_room(change(house, carol=span("carol", joined_seq=10)))
    await until(lambda: carol.written)
    await until_settled(house)

    assert house.hub._rooms[ROOM].portrait is None


async def test_the_portrait_is_let_go_after_a_removal_that_waited_for_a_message(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")
    own = house.commit(ROOM)
    house.hub.on_room(change(house, bob=span("bob", left_seq=11)))
    await until_settled(house)
    kept = house.hub._rooms[ROOM].portrait

    house.hub.on_messages(own)
    await until(lambda: len(told(bob)) == 2)

    assert kept is not None
    assert (told(bob), seqs(alice)) == ([11, ("removed", 2, 11)], [11])
    assert house.hub._rooms[ROOM].portrait is None


async def test_the_portrait_is_let_go_when_who_was_removed_gives_up_coming(house):
    await house.open("alice")
    session = Session("session", "bob", "sid", Outbound(FakeWire()))
    await house.hub.open(session)
    house.hub.on_room(change(house, bob=span("bob", left_seq=10)))
    await until_settled(house)
    kept = house.hub._rooms[ROOM].portrait

    house.hub.leave(session)

    assert kept is not None
    assert house.hub._rooms[ROOM].portrait is None


async def test_who_joined_by_an_older_reading_is_told_what_a_newer_session_knows(
    house, monkeypatch
):
    _, one, _ = await house.open("carol", session="one")
    others: list[Any] = []
    answer = house.database.run

    async def opened_meanwhile(function, *args, **kwargs):
        found = await answer(function, *args, **kwargs)
        if function.__name__ == "members_of" and not others:
            house.hub.on_room(change(house))
            others.append(await house.open("carol", session="other"))
        return found

    monkeypatch.setattr(house.database, "run", opened_meanwhile)
    house.hub.on_room(change(house, carol=span("carol", joined_seq=10)))
    await until(lambda: told(one)[-1:] == [("room", 3, 10)])

    [(_, _, rooms)] = others
    assert [room.version for room in rooms] == [3]


async def test_who_is_found_by_the_safety_net_while_an_older_joining_is_judged_is_let_in(house):
    _, carol, _ = await house.open("carol")
    joined = change(house, carol=span("carol", joined_seq=10))
    change(house, carol=span("carol", joined_seq=10, left_seq=10))

    def found():
        change(house, carol=span("carol", joined_seq=10))
        house.hub.seat_user("carol", ROOM)  # without a version, as the safety net does

    house.database.meanwhile["members_of"] = found
    house.hub.on_room(joined)
    await until_settled(house)

    assert told(carol) == [("room", 4, 10)]


async def test_a_room_that_is_gone_from_the_database_is_given_up_and_asked_for_no_more(house):
    session, alice, _ = await house.open("alice")
    news = [change(house), house.commit(ROOM)]
    house.database.remove_room(ROOM)

    house.hub.on_room(news[0])
    await until(lambda: not session.seats)
    house.hub.on_messages(news[1])
    for _ in range(TURNS):
        await asyncio.sleep(0)

    assert (house.hub.local_rooms(), alice.written) == ([], [])
    assert house.database.calls.count("members_of") == 1
