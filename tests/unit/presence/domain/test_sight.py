from services.presence.domain.sight import MOST_BEHIND_S, MOST_BETWEEN_S, Sight

CLEAR_S = 30.0


def looked(sight, since_s, until_s, *, epoch="one", behind_s=0.0):
    now_s = since_s
    while now_s <= until_s:
        sight.look(now_s, epoch=epoch, behind_s=behind_s)
        now_s += 0.5
    return sight


def test_silence_counts_to_who_listened_long_enough():
    sight = looked(Sight(clear_after_s=CLEAR_S), 100.0, 130.0)

    assert not sight.is_clear(129.9)
    assert sight.is_clear(130.0)


def test_who_never_looked_has_seen_nothing():
    assert not Sight(clear_after_s=CLEAR_S).is_clear(1e9)


def test_a_new_epoch_begins_anew():
    sight = looked(Sight(clear_after_s=CLEAR_S), 100.0, 140.0)

    looked(sight, 140.5, 141.0, epoch="two")

    assert not sight.is_clear(141.0)
    assert looked(sight, 141.5, 171.0, epoch="two").is_clear(171.0)


def test_who_did_not_look_for_a_while_begins_anew():
    sight = looked(Sight(clear_after_s=CLEAR_S), 100.0, 140.0)

    sight.look(140.0 + MOST_BETWEEN_S + 0.1, epoch="one", behind_s=0.0)

    assert not sight.is_clear(146.0)


def test_what_is_not_read_yet_may_say_the_opposite():
    sight = looked(Sight(clear_after_s=CLEAR_S), 100.0, 140.0)

    sight.look(140.5, epoch="one", behind_s=MOST_BEHIND_S + 0.1)
    behind = sight.is_clear(140.5)
    looked(sight, 141.0, 170.0)

    assert not behind
    assert not sight.is_clear(170.0)
    assert sight.is_clear(171.0)


def test_the_longest_pause_and_the_oldest_entry_that_may_be_are_still_all_the_while():
    sight = looked(Sight(clear_after_s=CLEAR_S), 100.0, 128.0, behind_s=MOST_BEHIND_S)

    sight.look(128.0 + MOST_BETWEEN_S, epoch="one", behind_s=MOST_BEHIND_S)

    assert sight.is_clear(128.0 + MOST_BETWEEN_S)


def test_who_was_behind_begins_anew_with_the_look_that_finds_them_up_to_date():
    sight = Sight(clear_after_s=CLEAR_S)
    sight.look(100.0, epoch="one", behind_s=MOST_BEHIND_S + 1)

    looked(sight, 104.0, 134.0)

    assert not sight.is_clear(133.9)
    assert sight.is_clear(134.0)
