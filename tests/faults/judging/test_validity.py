"""A run that shows nothing is no success."""

import pytest

from tests.faults.judging.history import Acked, History, Received
from tests.faults.judging.validity import Invalid, check

NOTES = [Acked("a", 1), Received("s1", "room", 1, "ann", "a", "hi")]
LEAST = {Acked: 1, Received: 1}
DEEDS = {"came and went": 2}
FAULTS = {"Redis: wiped": 41}


def judge(*, notes=NOTES, deeds=DEEDS, faults=FAULTS):
    check(History(notes), least=LEAST, deeds=deeds, faults=faults)


def test_a_run_in_which_enough_happened_is_valid():
    judge()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"notes": NOTES[1:]}, "only 0 of Acked, not 1"),
        ({"notes": NOTES[:1]}, "only 0 of Received, not 1"),
        ({"deeds": {"came and went": 0, "read by page": 3}}, "nobody came and went"),
        ({"faults": {"Redis: wiped": 0, "chat: killed": 1}}, "Redis: wiped did not fire"),
    ],
)
def test_a_run_in_which_too_little_happened_is_not(given, reason):
    with pytest.raises(Invalid, match=reason):
        judge(**given)
