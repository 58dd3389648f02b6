"""What is owed to the server."""

from clients.python.parley.commands import Delivered, ReadReceipt
from clients.python.parley.receipts import Receipts


def receipts(*, automatic: bool = True) -> Receipts:
    made = Receipts(automatic=automatic)
    made.server_knows("r", delivered=3, read=1, held=3)
    return made


def test_what_the_server_knows_is_not_reported():
    assert receipts().due(now=0) == []


def test_many_messages_are_one_report():
    owed = receipts()
    for seq in (4, 5, 6):
        owed.hold("r", seq)

    assert owed.due(now=0) == [Delivered(room="r", seq=6)]
    assert owed.due(now=0) == []


def test_reading_implies_delivery():
    owed = receipts()
    owed.hold("r", 5)
    owed.see("r", 5)

    assert owed.due(now=0) == [ReadReceipt(room="r", seq=5)]


def test_what_is_not_held_yet_is_not_reported_as_read():
    owed = receipts()
    owed.see("r", 9)

    first, owed_later = owed.due(now=0), owed
    owed_later.hold("r", 9)

    assert first == [ReadReceipt(room="r", seq=3)]
    assert owed_later.due(now=1) == [ReadReceipt(room="r", seq=9)]


def test_a_room_is_reported_at_most_every_200_ms():
    owed = receipts()
    owed.hold("r", 4)
    owed.due(now=0)
    owed.hold("r", 5)

    assert owed.due(now=0.1) == []
    assert owed.pending
    assert owed.due(now=0.2) == [Delivered(room="r", seq=5)]


def test_what_got_lost_with_a_connection_is_reported_again():
    owed = receipts()
    owed.hold("r", 7)
    owed.see("r", 6)
    owed.due(now=0)
    owed.due(now=1)

    owed.connected()
    owed.server_knows("r", delivered=3, read=1, held=7)

    assert owed.due(now=5) == [ReadReceipt(room="r", seq=6)]
    assert owed.due(now=6) == [Delivered(room="r", seq=7)]


def test_a_late_word_of_the_server_makes_nothing_be_said_twice():
    owed = receipts()
    owed.hold("r", 7)
    owed.see("r", 7)
    owed.due(now=0)

    owed.server_knows("r", delivered=3, read=1, held=7)

    assert owed.due(now=5) == []


def test_what_another_device_reported_is_not_reported_by_this_one():
    owed = receipts()
    owed.hold("r", 7)
    owed.see("r", 7)

    owed.server_knows("r", delivered=7, read=7, held=7)

    assert owed.due(now=5) == []


def test_reading_and_holding_more_are_two_receipts_200_ms_apart():
    owed = receipts()
    owed.hold("r", 7)
    owed.see("r", 6)

    first, early, later = owed.due(now=0), owed.due(now=0.19), owed.due(now=0.2)

    assert (first, early) == ([ReadReceipt(room="r", seq=6)], [])
    assert later == [Delivered(room="r", seq=7)]


def test_without_automatic_receipts_only_reading_is_reported():
    owed = receipts(automatic=False)
    owed.hold("r", 7)
    silent = owed.due(now=0)
    owed.see("r", 6)

    assert silent == []
    assert owed.due(now=1) == [ReadReceipt(room="r", seq=6)]
