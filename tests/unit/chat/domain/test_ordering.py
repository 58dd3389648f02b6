from services.chat.domain.ordering import HELD_FRAMES, LiveFrame, Sequencer


def frame(seq, text=""):
    return LiveFrame(seq, 1, None, "author", text)


def started(next_seq=1):
    order = Sequencer()
    order.start(next_seq)
    return order


def taken(order):
    seqs = []
    while (one := order.take()) is not None:
        seqs.append(one.seq)
    return seqs


def test_frames_that_come_in_order_go_out_at_once():
    order = started()

    for seq in (1, 2, 3):
        order.offer(frame(seq))
        assert taken(order) == [seq]


def test_what_comes_too_early_is_held_until_the_hole_is_closed():
    order = started()

    order.offer(frame(3))
    order.offer(frame(2))
    early = taken(order)
    hole = order.hole()
    order.offer(frame(1))

    assert (early, hole, taken(order), order.hole()) == ([], (1, 1), [1, 2, 3], None)


def test_a_frame_goes_out_once_and_as_it_came_first():
    order = started()

    order.offer(frame(2, "first"))
    order.offer(frame(2, "second"))
    order.offer(frame(1))
    out = [order.take(), order.take()]
    order.offer(frame(1))
    order.offer(frame(2))

    assert [each.text for each in out if each] == ["", "first"]
    assert taken(order) == []


def test_before_its_start_everything_is_held_and_then_what_is_due():
    order = Sequencer()
    for seq in (4, 5, 6, 7):
        order.offer(frame(seq))

    assert (order.peek(), order.take(), order.hole()) == (None, None, None)
    order.start(6)

    assert taken(order) == [6, 7]


def test_only_the_first_start_counts():
    order = started(5)

    order.start(1)

    assert order.next == 5


def test_the_hole_is_what_is_missing_below_the_lowest_frame_held():
    order = started(10)

    order.offer(frame(20))
    order.offer(frame(15))

    assert order.hole() == (10, 14)


def test_without_frames_there_is_no_hole():
    assert started().hole() is None


def test_at_most_so_many_are_held_and_the_farthest_is_given_up():
    order = started()
    for seq in range(2, HELD_FRAMES + 10):
        order.offer(frame(seq))
    order.offer(frame(1))

    assert taken(order) == list(range(1, HELD_FRAMES + 1))
    assert order.next == HELD_FRAMES + 1
