"""Members come and go while messages pass: who is told what, and in which order."""

import asyncio

import msgspec
import pytest

from libs.common.events import RoomChanged, RoomMember
from services.chat.hub import Outbound, Session
from tests.unit.chat.hub.fake_database import span
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.unit.chat.hub.test_hub import ROOM, House, seqs
from tests.waiting import until

MANY = 300


def told(wire):
    """Return what a socket was told, shortened: seqs, and versions of the room."""
    frames = [msgspec.json.decode(text) for text in wire.written]
    return [
        frame["seq"]
        if frame["type"] == "message"
        else ("removed" if frame.get("removed") else "room", frame["version"], frame["last_seq"])
        for frame in frames
    ]


def change(house, **spans):
    """Change the members of the room; return the news of it."""
    for user, its in spans.items():
        house.database.spans[ROOM][user] = its
    house.database.versions[ROOM] += 1
    return news_of(house, ROOM)


def news_of(house, room):
    """Return the news of a room as it is now."""
    present = [its for its in house.database.spans[room].values() if its.left_seq is None]
    return RoomChanged(
        room=room,
        version=house.database.versions[room],
        last_seq=house.database.heads[room],
        members=[
            RoomMember(
                user=its.user,
                role=its.role,
                joined_seq=its.joined_seq,
                delivered_seq=0,
                read_seq=0,
            )
            for its in present
        ],
    )


@pytest.fixture
def house():
    house = House()
    house.database.add_room(ROOM, "alice", "bob", head=10)
    return house


async def test_a_change_is_told_to_all_who_are_seated(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")

    house.hub.on_room(change(house))
    await until(lambda: alice.written and bob.written)

    assert (told(alice), told(bob)) == ([("room", 2, 10)], [("room", 2, 10)])


async def test_of_many_changes_the_first_and_the_last_are_told(house):
    _, alice, _ = await house.open("alice")

    for _ in range(20):
        house.hub.on_room(change(house))
        await asyncio.sleep(0.001)
    await until(lambda: told(alice)[-1:] == [("room", 21, 10)])

    assert len(told(alice)) < 10


async def test_the_removal_is_told_behind_the_last_message_that_is_theirs(house):
    _, bob, _ = await house.open("bob")
    own, not_own = house.commit(ROOM), house.commit(ROOM)
    news = change(house, bob=span("bob", left_seq=11))

    house.hub.on_room(news)
    await until(lambda: "members_of" in house.database.calls)
    before = told(bob)
    house.hub.on_messages(not_own)
    house.hub.on_messages(own)
    await until(lambda: len(told(bob)) == 2)

    assert (before, told(bob)) == ([], [11, ("removed", 2, 11)])
    assert house.hub.local_rooms() == []


async def test_who_was_removed_is_no_member_to_others_and_hears_no_change(house):
    _, alice, _ = await house.open("alice")
    _, bob, _ = await house.open("bob")

    house.hub.on_room(change(house, bob=span("bob", left_seq=10)))
    await until(lambda: alice.written and bob.written)
    house.hub.on_messages(house.commit(ROOM))
    house.hub.on_room(change(house))
    await until(lambda: told(alice)[-1:] == [("room", 3, 11)])

    assert told(alice) == [("room", 2, 10), 11, ("room", 3, 11)]
    assert told(bob) == [("removed", 2, 10)]


async def test_who_comes_back_before_the_removal_took_effect_stays(house):
    _, bob, _ = await house.open("bob")
    house.commit(ROOM, 2)
    house.hub.on_room(change(house, bob=span("bob", left_seq=12)))
    await until(lambda: house.database.calls.count("members_of") == 1)
    house.hub.on_room(change(house, bob=span("bob", joined_seq=12)))
    await until(lambda: house.database.calls.count("members_of") == 2)

    house.hub.on_messages(house.event(ROOM, 11, 12))
    house.hub.on_messages(house.commit(ROOM))
    await until(lambda: seqs(bob))

    assert seqs(bob) == [13]
    assert not [each for each in told(bob) if isinstance(each, tuple) and each[0] == "removed"]


async def test_who_comes_back_before_the_removal_took_effect_is_told_anew_of_the_people(house):
    session, _, _ = await house.open("bob")
    seat = session.seats[ROOM]
    seat.met = True
    house.commit(ROOM, 2)
    house.hub.on_room(change(house, bob=span("bob", left_seq=12)))
    await until(lambda: seat.until is not None)
    met_while_leaving = seat.met
    house.hub.on_room(change(house, bob=span("bob", joined_seq=12)))
    await until(lambda: seat.until is None)

    assert session.seats[ROOM] is seat
    assert (met_while_leaving, seat.met) == (True, False)


async def test_nothing_comes_before_welcome_not_even_a_removal(house):
    wire = FakeWire()
    session = Session("session", "bob", "sid", Outbound(wire))
    rooms = await house.hub.open(session)
    _, alice, _ = await house.open("alice")

    house.hub.on_room(change(house, bob=span("bob", left_seq=10)))
    await until(lambda: told(alice) == [("room", 2, 10)])
    before = list(wire.written)
    house.hub.go_live(session)

    assert ([room.id for room in rooms], before, told(wire)) == ([ROOM], [], [("removed", 2, 10)])


async def test_a_change_during_the_opening_is_told_after_welcome(house):
    wire = FakeWire()
    session = Session("session", "bob", "sid", Outbound(wire))
    await house.hub.open(session)
    _, alice, _ = await house.open("alice")
    house.hub.on_room(change(house))
    await until(lambda: alice.written)
    before = list(wire.written)

    house.hub.go_live(session)
    await until(lambda: wire.written)

    assert (before, told(wire)) == ([], [("room", 2, 10)])


async def test_many_who_join_at_once_cost_one_reading(house):
    users = [f"user {number}" for number in range(MANY)]
    wires = [(await house.open(user))[1] for user in users]
    news = change(house, **{user: span(user, joined_seq=10) for user in users})

    house.hub.on_room(news)
    await until(lambda: all(wire.written for wire in wires))
    house.hub.on_messages(house.commit(ROOM))
    await until(lambda: all(len(wire.written) == 2 for wire in wires))

    assert {tuple(told(wire)) for wire in wires} == {(("room", 2, 10), 11)}
    assert house.database.calls.count("members_of") == 1


async def test_who_cannot_be_let_in_yet_is_let_in_when_the_database_answers(house):
    _, carol, _ = await house.open("carol")
    news = change(house, carol=span("carol", joined_seq=10))
    house.database.down = True
    house.hub.on_room(news)
    await until(lambda: house.database.refused)
    house.hub.on_messages(house.commit(ROOM))
    before = list(carol.written)

    house.database.down = False
    await until(lambda: carol.written)
    house.hub.on_messages(house.commit(ROOM))

    # 11 is told as the head: what lies below is asked for by `sync`.
    assert (before, told(carol)) == ([], [("room", 2, 11), 12])


async def test_who_is_no_member_after_all_is_not_seated(house):
    _, carol, _ = await house.open("carol")
    news = change(house, carol=span("carol", joined_seq=10))
    house.database.spans[ROOM]["carol"] = span("carol", joined_seq=10, left_seq=10)

    house.hub.on_room(news)
    await until(lambda: "members_of" in house.database.calls)
    await until(
        lambda: ROOM not in [room for s in house.hub.sessions_of("carol") for room in s.seats]
    )
    house.hub.on_messages(house.commit(ROOM))

    assert carol.written == []
