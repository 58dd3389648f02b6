"""What each way to end asks for."""

import pytest

from clients.python.parley.reconnect import Action, Ladder


def delays(ladder: Ladder, count: int) -> list[float]:
    return [ladder.after(1006, lived_s=None, announced_s=None).delay_s for _ in range(count)]


def test_pauses_double_and_then_stay_at_a_minute():
    assert delays(Ladder(lambda: 1.0), 7) == [2, 4, 8, 16, 32, 60, 60]


def test_jitter_shortens_a_pause_to_half_at_most():
    assert delays(Ladder(lambda: 0.0), 3) == [1, 2, 4]


def test_a_connection_that_was_welcome_starts_the_ladder_anew():
    ladder = Ladder(lambda: 1.0)
    delays(ladder, 4)

    step = ladder.after(1006, lived_s=0.1, announced_s=None)

    assert step.delay_s == 2


@pytest.mark.parametrize("code", [4008, 4503])
def test_a_server_that_pushes_back_is_given_ever_more_time(code):
    ladder = Ladder(lambda: 1.0)

    pauses = [ladder.after(code, lived_s=1, announced_s=None).delay_s for _ in range(3)]

    assert pauses == [2, 4, 8]


def test_too_many_requests_wait_longer_than_a_loss():
    step = Ladder(lambda: 0.0).after(4029, lived_s=1, announced_s=None)

    assert step.delay_s == 10


@pytest.mark.parametrize("code", [1001, 1012])
def test_a_restarting_server_says_when_to_come_back(code):
    step = Ladder(lambda: 1.0).after(code, lived_s=50, announced_s=0.3)

    assert step.delay_s == 0.3


@pytest.mark.parametrize("lived_s", [None, 0.1])
def test_the_session_is_renewed_at_once_but_not_in_a_loop(lived_s):
    ladder = Ladder(lambda: 1.0)

    steps = [ladder.after(4001, lived_s=lived_s, announced_s=None) for _ in range(3)]

    assert [step.action for step in steps] == [Action.RENEW] * 3
    assert [step.delay_s for step in steps] == [0, 2, 4]


@pytest.mark.parametrize("code", [1003, 1007, 1009])
def test_a_bug_of_the_client_is_not_repeated(code):
    assert Ladder(lambda: 1.0).after(code, lived_s=1, announced_s=None).action is Action.STOP


def test_a_session_that_ends_after_a_steady_connection_is_renewed_at_once_again():
    ladder = Ladder(lambda: 1.0)
    ladder.after(4001, lived_s=None, announced_s=None)

    step = ladder.after(4001, lived_s=600, announced_s=None)

    assert step.delay_s == 0


def test_it_is_offline_once_every_pause_was_in_vain_and_no_more_after_a_connection():
    ladder = Ladder(lambda: 1.0, bases_s=(1.0, 2.0))

    told = []
    for lived_s in (None, None, None, 60.0):
        ladder.after(1006, lived_s=lived_s, announced_s=None)
        told.append(ladder.offline)

    assert told == [False, False, True, False]
