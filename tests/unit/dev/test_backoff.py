from dev.process import FORGIVEN_AFTER_S, LONGEST_DELAY_S, Backoff, describe_end


def test_a_process_that_dies_for_the_first_time_comes_back_within_two_seconds():
    backoff = Backoff()

    delay_s = backoff.after(lived_s=10)

    assert 0 < delay_s < 2


def test_the_delay_doubles_with_every_death_up_to_the_longest():
    backoff = Backoff()

    delays = [backoff.after(lived_s=0) for _ in range(9)]

    assert delays == [0.5, 1, 2, 4, 8, 16, LONGEST_DELAY_S, LONGEST_DELAY_S, LONGEST_DELAY_S]


def test_a_process_that_lived_long_is_forgiven():
    backoff = Backoff()
    first_s = backoff.after(lived_s=0)
    backoff.after(lived_s=0)

    delay_s = backoff.after(lived_s=FORGIVEN_AFTER_S)

    assert delay_s == first_s


def test_an_end_is_told_in_words():
    assert describe_end(78) == "ended with status 78"
    assert describe_end(-9) == "was ended by signal 9 (Killed)"
