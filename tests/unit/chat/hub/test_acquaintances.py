"""Who is in the rooms of a process, and what one of them is shown of another."""

from itertools import product
from typing import Any, cast

import msgspec
import pytest

from libs.common.events import PersonPresence
from services.chat.hub.acquaintances import Acquaintances, Shown
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.selectors.contacts import Acquaintance, RoomPeople

SEEN_MS = 1_800_000_000_000
SEEN = "2027-01-15T08:00:00.000Z"
SETTINGS = ("everyone", "contacts", "nobody")


@pytest.fixture
def people():
    return Acquaintances()


def read(*users, version=1, is_direct=False, last_seen="everyone", profile_version=0):
    """Return the people of a room as they were read; all of them show the same."""
    return RoomPeople(
        room="any",
        version=version,
        is_direct=is_direct,
        members=[Acquaintance(user, last_seen, profile_version) for user in users],
    )


def names(found):
    return sorted(person.user for person in found)


def sit(user, *rooms, name="tab", met=True):
    """Give a session seats in rooms."""
    session = Session(f"{name} of {user}", user, "sid", cast(Any, None))
    for room in rooms:
        room.seats[session.id] = session.seats[room.id] = Seat(
            session, version=1, held=None, met=met
        )
    return session


def show(people, user, status="offline", last_seen_ms=SEEN_MS):
    people.person(user).shown = Shown.of(PersonPresence(user, status, last_seen_ms))


def shown(people, session, *users):
    """Return what a session is shown, by user: status and when they were there."""
    found = [msgspec.json.decode(text) for text in people.shown_to(session, users)]
    return {each["id"]: (each["status"], each["last_seen"]) for each in found}


# -- who is in rooms ------------------------------------------------------------------------------


def test_all_who_are_in_a_room_that_was_not_known_are_new_in_it(people):
    room = LocalRoom("room")

    new = people.take(room, read("ann", "bob"))

    assert names(new) == names(people) == ["ann", "bob"]
    assert set(people.of_room(room)) == {"ann", "bob"}
    assert people.version_of(room) == 1


def test_of_a_room_that_was_never_read_nothing_is_known(people):
    room = LocalRoom("room")

    assert people.version_of(room) == -1
    assert list(people.of_room(room)) == []


def test_of_a_newer_reading_only_who_joined_is_new(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob"))

    new = people.take(room, read("bob", "eve", version=2))

    assert names(new) == ["eve"]
    assert people.person("ann") is None
    assert people.version_of(room) == 2


def test_a_reading_that_comes_late_changes_nothing(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob", version=3))

    new = people.take(room, read("ann", "bob", "eve", version=2))

    assert (new, names(people), people.version_of(room)) == ([], ["ann", "bob"], 3)


def test_the_same_reading_again_makes_nobody_new(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob"))
    show(people, "ann")

    new = people.take(room, read("ann", "bob"))

    assert new == []
    assert people.person("ann").shown is not None


def test_somebody_in_two_rooms_is_one_person_who_stays_while_one_room_does(people):
    room, hall = LocalRoom("room"), LocalRoom("hall")
    people.take(room, read("ann", "bob"))
    show(people, "ann")

    new = people.take(hall, read("ann", "eve"))
    people.forget(room)

    assert names(new) == ["ann", "eve"]
    assert names(people) == ["ann", "eve"]
    assert people.person("ann").shown is not None
    assert people.person("ann").rooms == {hall}


def test_whoever_is_in_no_room_any_more_is_forgotten_with_all_that_was_known(people):
    room = LocalRoom("room")
    people.take(room, read("ann"))
    show(people, "ann")

    people.forget(room)
    gone = people.person("ann")
    people.take(room, read("ann"))

    assert gone is None
    assert people.person("ann").shown is None


def test_a_room_that_ended_and_began_again_is_read_anew_whatever_its_version(people):
    before, after = LocalRoom("room"), LocalRoom("room")
    people.take(before, read("ann", "bob", version=9))

    version = people.version_of(after)
    new = people.take(after, read("ann", version=2))

    assert version == -1
    assert names(new) == names(people) == ["ann"]
    assert people.person("ann").rooms == {after}
    assert people.version_of(before) == -1


def test_the_end_of_a_room_that_has_begun_again_is_not_its_end(people):
    before, after = LocalRoom("room"), LocalRoom("room")
    people.take(before, read("ann"))
    people.take(after, read("ann"))

    people.forget(before)

    assert names(people) == ["ann"]
    assert people.version_of(after) == 1


def test_a_room_with_too_many_members_has_nobody(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob"))

    people.take(room, read(version=2))

    assert (len(people), people.version_of(room)) == (0, 2)


# -- privacy --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_somebodys_privacy_the_newest_counts_from_whichever_room_it_comes(people, order):
    readings = [
        (LocalRoom("room"), read("ann", last_seen="contacts", profile_version=1)),
        (LocalRoom("hall"), read("ann", last_seen="nobody", profile_version=2)),
    ]

    for index in order:
        people.take(*readings[index])

    assert people.person("ann").last_seen == "nobody"


@pytest.mark.parametrize("version", [1, 2])
def test_another_reading_of_the_same_room_tells_their_privacy_too(people, version):
    room = LocalRoom("room")
    people.take(room, read("ann"))

    people.take(room, read("ann", version=version, last_seen="nobody", profile_version=1))

    assert people.person("ann").last_seen == "nobody"


@pytest.mark.parametrize("is_direct", [True, False])
@pytest.mark.parametrize(("own", "other"), [*product(SETTINGS, SETTINGS)])
def test_when_somebody_was_there_is_shown_as_both_allow(people, own, other, is_direct):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob", is_direct=is_direct))
    for user, to in (("ann", own), ("bob", other)):
        people.person(user).learn(Acquaintance(user, to, 1))
    show(people, "bob")

    found = shown(people, sit("ann", room), "bob")

    is_seen = "nobody" not in (own, other) and (is_direct or "contacts" not in (own, other))
    assert found == {"bob": ("offline", SEEN if is_seen else None)}


def test_one_direct_room_among_others_makes_two_people_contacts(people):
    group, direct = LocalRoom("group"), LocalRoom("direct")
    to_contacts = {"last_seen": "contacts", "profile_version": 1}
    people.take(group, read("ann", "bob", "eve", **to_contacts))
    people.take(direct, read("ann", "bob", is_direct=True, **to_contacts))
    show(people, "ann")

    assert shown(people, sit("bob", group, direct), "ann") == {"ann": ("offline", SEEN)}
    assert shown(people, sit("eve", group), "ann") == {"ann": ("offline", None)}


def test_who_is_there_is_shown_whatever_they_keep_to_themselves(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob", last_seen="nobody", profile_version=1))
    show(people, "ann", "away", None)

    assert shown(people, sit("bob", room), "ann") == {"ann": ("away", None)}


# -- what a session is shown ----------------------------------------------------------------------


def test_a_session_is_shown_neither_itself_nor_strangers_nor_whom_nothing_is_known_of(people):
    room, hall = LocalRoom("room"), LocalRoom("hall")
    people.take(room, read("ann", "bob", "new"))
    people.take(hall, read("eve"))
    for user in ("ann", "bob", "eve"):
        show(people, user)

    found = shown(people, sit("ann", room), "ann", "bob", "eve", "new", "nobody at all")

    assert found == {"bob": ("offline", SEEN)}


def test_a_session_whose_own_user_is_in_no_room_is_shown_nobody(people):
    room = LocalRoom("room")
    people.take(room, read("bob"))
    show(people, "bob")

    assert shown(people, sit("removed", room), "bob") == {}


def test_what_two_are_shown_alike_is_encoded_once(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob", "eve"))
    show(people, "ann")

    [to_bob] = people.shown_to(sit("bob", room), ["ann"])
    [to_eve] = people.shown_to(sit("eve", room), ["ann"])

    assert to_bob is to_eve


def test_whoever_is_told_of_somebody_sits_in_a_room_of_theirs_and_is_somebody_else(people):
    room, hall = LocalRoom("room"), LocalRoom("hall")
    people.take(room, read("ann", "bob"))
    people.take(hall, read("ann", "eve"))
    bob, eve = sit("bob", room), sit("eve", hall)
    sit("ann", room, hall)
    sit("bob", room, name="phone that was told nothing yet", met=False)
    removed = sit("dan", room)
    removed.seats["room"].until = 7

    told = {seat.session.id for seat in people.person("ann").seats()}

    assert told == {bob.id, eve.id}


def test_both_sessions_of_one_person_in_one_room_are_told(people):
    room = LocalRoom("room")
    people.take(room, read("ann", "bob"))
    tabs = [sit("bob", room, name=name) for name in ("tab", "phone")]

    told = [seat.session for seat in people.person("ann").seats()]

    assert told == tabs


# -- as it is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "is_same"),
    [
        (PersonPresence("ann", "offline", SEEN_MS), True),
        (PersonPresence("ann", "offline", SEEN_MS + 1), False),
        (PersonPresence("ann", "offline"), False),
        (PersonPresence("ann", "online"), False),
    ],
)
def test_news_are_what_differs_in_status_or_time(told, is_same):
    known = Shown.of(PersonPresence("ann", "offline", SEEN_MS))

    assert known.says(told) is is_same


def test_unknown_says_nothing_that_presence_tells():
    unknown = Shown.unknown("ann")

    assert not unknown.says(PersonPresence("ann", "offline"))
    assert unknown.full == unknown.private
    assert msgspec.json.decode(unknown.full) == {
        "id": "ann",
        "status": "unknown",
        "last_seen": None,
    }
