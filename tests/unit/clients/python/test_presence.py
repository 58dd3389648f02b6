"""Who is there, and what is said of oneself."""

import datetime as dt

from clients.python.parley.attendance import REPEAT_AFTER_S, Attendance
from clients.python.parley.commands import Activity, Delivered, ReadReceipt, SendMessage
from clients.python.parley.frames import PresenceOf
from clients.python.parley.presence import Presences
from clients.python.parley.server_clock import ServerClock

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
MESSAGE = SendMessage(room="r", client_id="c", content="hi")
ACTIVE, AWAY = Activity(state="active"), Activity(state="away")


def person(user: str, status: str, last_seen: dt.datetime | None = None) -> PresenceOf:
    return PresenceOf(id=user, status=status, last_seen=last_seen)


def test_of_whom_nobody_told_nothing_is_known():
    assert Presences().of("bob") == person("bob", "unknown")


def test_the_last_word_counts_and_only_changes_are_told():
    known = Presences()
    known.learn([person("bob", "online"), person("eve", "away")])

    changes = known.learn([person("bob", "offline", NOON), person("eve", "away")])

    assert changes == [person("bob", "offline", NOON)]
    assert known.of("bob").last_seen == NOON
    assert known.of("eve").status == "away"


def test_everybody_becomes_unknown_once():
    known = Presences()
    known.learn([person("bob", "online"), person("eve", "unknown")])

    assert known.clear() == [person("bob", "unknown")]
    assert known.of("bob") == person("bob", "unknown")
    assert known.clear() == []


def test_away_is_told_once_and_active_at_once():
    attendance = Attendance()

    said = [attendance.change("away", 1), attendance.change("away", 900)]

    assert said == [[AWAY], []]
    assert attendance.change("active", 901) == [ACTIVE]


def test_active_is_repeated_every_4_minutes_at_most():
    attendance = Attendance()
    attendance.connected(0)

    told = [at for at in range(0, 600, 5) if attendance.change("active", at)]

    assert told == [REPEAT_AFTER_S, 2 * REPEAT_AFTER_S]


def test_only_away_is_told_again_on_a_new_connection():
    attendance = Attendance()
    first = attendance.connected(0)
    attendance.change("away", 10)
    second = attendance.connected(20)
    attendance.change("active", 30)
    third = attendance.connected(40)

    assert (first, second, third) == ([], [AWAY], [])
    assert attendance.change("active", 40 + REPEAT_AFTER_S - 1) == []


def test_behind_what_looks_like_the_deed_of_a_person_away_is_told_again():
    attendance = Attendance()
    said = attendance.behind([MESSAGE])
    attendance.change("away", 1)

    assert said == []
    assert attendance.behind([MESSAGE, ReadReceipt(room="r", seq=1)]) == [AWAY]
    assert attendance.behind([Delivered(room="r", seq=1), AWAY]) == []


def test_the_servers_clock_runs_on_from_its_last_word():
    clock = ServerClock()
    before = clock.read(5)
    clock.set(NOON, 10)
    clock.set(None, 20)

    assert before is None
    assert clock.read(75) == NOON + dt.timedelta(seconds=65)
