from services.chat.domain.typing import (
    EXPIRES_AFTER_S,
    REPEAT_AFTER_S,
    SILENT_AFTER_S,
    OwnTypists,
    SeenTypists,
    Typist,
    without,
)

ANN = Typist("room", "ann", "tab")


def test_the_first_key_is_told_at_once_and_the_next_ones_are_not():
    own = OwnTypists()

    assert [own.press(ANN, at) for at in (0.0, 0.1, 0.3)] == [True, False, False]


def test_keys_in_between_become_one_update_when_their_time_has_come():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.press(ANN, 0.1)

    assert own.repeated(REPEAT_AFTER_S - 0.01) == []
    assert own.repeated(REPEAT_AFTER_S) == [ANN]
    assert own.repeated(2 * REPEAT_AFTER_S) == []


def test_silence_ends_it():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.press(ANN, 0.5)

    assert own.silent(0.5 + SILENT_AFTER_S - 0.01) == []
    assert own.silent(0.5 + SILENT_AFTER_S) == [ANN]
    assert len(own) == 0


def test_who_was_never_told_of_need_not_be_told_to_have_stopped():
    own = OwnTypists()
    own.press(ANN, 0.0)

    stops = [own.stop(ANN, 0.1), own.stop(ANN, 0.1)]
    pressed = own.press(ANN, 0.15)
    stopped_again = own.stop(ANN, 0.2)

    assert (stops, pressed, stopped_again) == ([True, False], False, False)


def test_who_types_on_right_after_they_stopped_is_told_of_a_little_later():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.stop(ANN, 1.0)

    assert not own.press(ANN, 1.1)
    assert own.repeated(1.15) == []
    assert own.repeated(1.01 + REPEAT_AFTER_S) == [ANN]


def test_starting_and_stopping_without_end_is_few_updates():
    own = OwnTypists()
    updates = 0

    for step in range(1000):
        now_s = step * 0.01
        updates += own.press(ANN, now_s) + own.stop(ANN, now_s + 0.005)
        updates += len(own.repeated(now_s + 0.005))

    assert updates <= 2 * 10.0 / REPEAT_AFTER_S + 2


def test_a_typist_rests_for_a_moment_only():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.stop(ANN, 1.0)
    own.silent(1.01 + REPEAT_AFTER_S)

    assert len(own) == 0
    assert own.press(ANN, 1.01 + REPEAT_AFTER_S)


def test_a_stop_is_kept_for_as_long_as_it_matters_and_no_longer():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.stop(ANN, 1.0)

    own.silent(1.0)
    while_it_matters = len(own)
    own.silent(2.0)

    assert (while_it_matters, len(own)) == (1, 0)


def test_keys_and_stops_by_turns_rest_from_the_last_of_them_that_was_told():
    own = OwnTypists()
    own.press(ANN, -1.0)
    own.stop(ANN, 0.0)

    told = [act(ANN, step / 64) for step in range(1, 10) for act in (own.press, own.stop)]

    assert not any(told)
    assert own.press(ANN, REPEAT_AFTER_S)


def test_who_was_told_of_late_is_told_to_stop():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.stop(ANN, 1.0)
    own.press(ANN, 1.125)
    own.repeated(1.25)

    assert own.stop(ANN, 1.5)


def test_what_stopped_in_one_room_does_not_rest_in_another():
    own = OwnTypists()
    own.press(ANN, 0.0)
    own.stop(ANN, 1.0)

    assert own.press(ANN._replace(room="hall"), 1.0)
    assert own.press(ANN._replace(session="phone"), 1.0)


def test_what_a_session_types_is_found_by_it():
    own = OwnTypists()
    elsewhere, other = Typist("other", "ann", "tab"), Typist("room", "ann", "phone")
    for each in (ANN, elsewhere, other):
        own.press(each, 0.0)

    assert own.of_session("tab") == [ANN, elsewhere]


def test_a_person_is_seen_once_for_as_long_as_one_of_their_sessions_types():
    seen = SeenTypists()
    seen.see("ann", "tab", 0.0)
    seen.see("bob", "tab of bob", 0.1)
    seen.see("ann", "phone", 0.2)

    both = seen.users
    seen.end("ann", "tab")

    assert (both, seen.users) == (("ann", "bob"), ("bob", "ann"))


def test_the_order_is_that_in_which_they_began_however_often_they_are_told_of():
    seen = SeenTypists()
    seen.see("ann", "tab", 0.0)
    seen.see("bob", "tab of bob", 0.0)

    seen.see("ann", "tab", 0.5)

    assert seen.users == ("ann", "bob")


def test_the_end_of_what_was_not_seen_changes_nothing():
    seen = SeenTypists()
    seen.see("ann", "tab", 0.0)

    seen.end("ann", "phone")
    seen.end("bob", "tab")

    assert seen.users == ("ann",)


def test_each_update_puts_off_the_end_of_its_own_session_alone():
    seen = SeenTypists()
    seen.see("ann", "tab", 0.0)
    seen.see("ann", "phone", 0.0)

    seen.see("ann", "phone", 1.0)

    assert (seen.expire(EXPIRES_AFTER_S), seen.users) == (1, ("ann",))
    assert (seen.expire(1.0 + EXPIRES_AFTER_S), seen.users) == (1, ())


def test_who_still_types_is_told_of_before_they_expire():
    # A key just before silence would have ended it, told when the one before has rested.
    assert SILENT_AFTER_S + REPEAT_AFTER_S < EXPIRES_AFTER_S


def test_who_is_not_heard_of_expires_at_the_very_instant():
    seen = SeenTypists()
    seen.see("ann", "tab", 0.0)

    assert seen.expire(EXPIRES_AFTER_S - 0.01) == 0
    assert seen.expire(EXPIRES_AFTER_S) == 1
    assert seen.users == ()


def test_nobody_sees_themselves():
    assert [*without(("ann", "bob"), "ann")] == ["bob"]
