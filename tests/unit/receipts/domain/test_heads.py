from services.receipts.domain.heads import HeadsSeen

FAR = 100


def test_a_room_is_due_at_the_head_that_it_had_then():
    heads = HeadsSeen()
    heads.note("a", 3, now_s=1.0)
    heads.note("a", 5, now_s=2.0)
    heads.note("a", 8, now_s=3.0)

    assert heads.due(before_s=0.9, limit=FAR) == {}
    assert heads.due(before_s=1.0, limit=FAR) == {"a": 3}
    assert heads.due(before_s=2.9, limit=FAR) == {"a": 5}


def test_a_head_that_stays_is_as_old_as_when_it_was_first_seen():
    heads = HeadsSeen()
    heads.note("a", 3, now_s=1.0)
    heads.note("a", 3, now_s=2.0)

    assert heads.due(before_s=1.5, limit=FAR) == {"a": 3}


def test_what_was_judged_is_forgotten_and_higher_heads_keep_their_age():
    heads = HeadsSeen()
    heads.note("a", 3, now_s=1.0)
    heads.note("a", 5, now_s=2.0)
    heads.note("b", 7, now_s=2.0)

    heads.forget("a", 3)
    heads.forget("b", 7)

    assert heads.due(before_s=1.0, limit=FAR) == {}
    assert heads.due(before_s=2.0, limit=FAR) == {"a": 5}


def test_rooms_take_turns():
    heads = HeadsSeen()
    for room in "abc":
        heads.note(room, 1, now_s=1.0)
    heads.note("a", 2, now_s=1.5)

    first = heads.due(before_s=2.0, limit=1)
    heads.note("a", 3, now_s=1.8)
    heads.forget("a", 2)

    assert first == {"a": 2}
    assert list(heads.due(before_s=2.0, limit=FAR)) == ["b", "c", "a"]
