from services.chat.domain.activity import SILENT_AFTER_S, Activity


def test_whose_acts_were_never_noted_is_not_silent():
    assert not Activity().fall_silent(1e9)


def test_who_does_nothing_for_long_enough_is_away_once():
    activity = Activity(acted_at_s=10.0)

    before = activity.fall_silent(10.0 + SILENT_AFTER_S - 0.1)
    then = activity.fall_silent(10.0 + SILENT_AFTER_S)
    again = activity.fall_silent(11.0 + SILENT_AFTER_S)

    assert (before, then, again, activity.is_away) == (False, True, False, True)


def test_who_fell_silent_comes_back_by_what_they_do():
    activity = Activity(acted_at_s=0.0)
    activity.fall_silent(SILENT_AFTER_S)

    came_back = activity.act(SILENT_AFTER_S + 1)

    assert (came_back, activity.is_away) == (True, False)
    assert not activity.fall_silent(SILENT_AFTER_S + 2)


def test_whose_client_said_away_comes_back_by_its_word_alone():
    activity = Activity(acted_at_s=0.0)

    said = activity.go_away()
    acted = activity.act(1.0)
    came_back = activity.come_back(2.0)

    assert (said, acted, came_back, activity.is_away) == (True, False, True, False)
    assert activity.act(3.0) is False


def test_saying_the_same_again_is_no_news():
    activity = Activity(acted_at_s=0.0)

    assert [activity.go_away(), activity.go_away()] == [True, False]
    assert [activity.come_back(1.0), activity.come_back(2.0)] == [True, False]


def test_a_client_that_says_away_of_who_fell_silent_is_believed_from_then_on():
    activity = Activity(acted_at_s=0.0)
    activity.fall_silent(SILENT_AFTER_S)

    assert not activity.go_away()
    assert not activity.act(SILENT_AFTER_S + 1)


def test_the_word_of_a_client_puts_silence_off():
    activity = Activity(acted_at_s=0.0)

    activity.come_back(100.0)

    assert not activity.fall_silent(SILENT_AFTER_S)
    assert activity.fall_silent(100.0 + SILENT_AFTER_S)


def test_who_came_back_by_their_clients_word_is_believed_by_what_they_do_again():
    activity = Activity(acted_at_s=0.0)
    activity.go_away()
    activity.come_back(1.0)
    activity.fall_silent(1.0 + SILENT_AFTER_S)

    assert activity.act(2.0 + SILENT_AFTER_S)


def test_whom_their_client_has_away_does_not_fall_silent():
    activity = Activity(acted_at_s=0.0)
    activity.go_away()

    assert not activity.fall_silent(10 * SILENT_AFTER_S)
