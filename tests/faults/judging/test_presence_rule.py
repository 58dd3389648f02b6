"""The rule about presence finds who is said to be gone and is there, and the other way round."""

import pytest

from tests.faults.judging.history import Attendance, History, Seen
from tests.faults.judging.presence import check

ANN = Attendance("ann", "s1", opened_s=10.0, heard_s=100.0)


def seen(status, at_s, *, person="ann"):
    return Seen("s2", person, status, at_s)


def broken(*notes, present=None, said=None):
    history = History(list(notes), sessions=[ANN])
    return check(history, present=present or {}, said=said or {})


def test_the_truth_breaks_no_promise():
    truth = [seen("online", 20), seen("away", 50), seen("offline", 101), seen("offline", 11)]

    assert broken(*truth, present={"ann": False, "bob": True}, said={"bob": "away"}) == []


def test_who_is_there_and_said_to_be_gone_is_found():
    (found,) = broken(seen("offline", 50))

    assert found.startswith("said to be gone")


@pytest.mark.parametrize(
    ("is_there", "said"), [(True, "offline"), (True, "unknown"), (False, "online"), (True, None)]
)
def test_what_is_false_in_the_end_is_found(is_there, said):
    (found,) = broken(present={"ann": is_there}, said={"ann": said} if said else {})

    assert found.endswith(f"said to be {said}")
