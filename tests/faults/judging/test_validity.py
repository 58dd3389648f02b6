"""A run that shows nothing is no success."""

import pytest

from tests.faults.judging.history import Acked, History, Received
from tests.faults.judging.validity import Invalid, check

NOTES = [Acked("a", 1), Received("s1", "room", 1, "ann", "a", "hi")]


def judge(*, notes=NOTES, faults=None):
    check(History(notes), least_acks=1, least_receptions=1, faults=faults or {"Redis: wiped": 41})


def test_a_run_in_which_enough_happened_is_valid():
    judge()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"notes": NOTES[1:]}, "only 0 acknowledgements, not 1"),
        ({"notes": NOTES[:1]}, "only 0 receptions, not 1"),
        ({"faults": {"Redis: wiped": 0, "chat: killed": 1}}, "Redis: wiped did not fire"),
    ],
)
def test_a_run_in_which_too_little_happened_is_not(given, reason):
    with pytest.raises(Invalid, match=reason):
        judge(**given)
