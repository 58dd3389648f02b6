"""When the safety net doubts a room's watermarks, and what is remembered of all rooms."""

from services.chat.hub.room_status import MarksWatch, RecentNews
from tests.unit.chat.hub.test_room_marks import heard


def watch_at(version):
    watch = MarksWatch()
    watch.begin(version)
    return watch


def compare(watch, *versions, is_silent=False):
    return [watch.is_behind(version, is_silent=is_silent) for version in versions]


def test_while_nothing_moves_nothing_is_doubted():
    assert compare(watch_at(3), 3, 3, 3) == [False] * 3


def test_what_moves_while_the_tail_is_quiet_is_doubted_once_at_the_second_comparison():
    assert compare(watch_at(3), 4, 4, 4, 4) == [False, True, False, False]


def test_what_moves_while_the_tail_is_silent_is_doubted_at_once():
    assert compare(watch_at(3), 4, 4, is_silent=True) == [True, False]


def test_the_tail_is_believed_while_it_speaks_and_one_comparison_longer():
    watch = watch_at(3)

    watch.heard()

    assert compare(watch, 4, 5, 5, 5) == [False] * 4


def test_what_comes_over_the_tail_at_last_is_believed():
    watch = watch_at(3)
    first = compare(watch, 4)

    watch.heard()

    assert [*first, *compare(watch, 4, 4, 4)] == [False] * 4


def test_a_room_whose_beginning_nobody_saw_is_doubted_where_anything_ever_moved():
    assert compare(MarksWatch(), 0, 0) == [False, False]
    assert compare(MarksWatch(), 2, 2) == [True, False]


def test_the_first_beginning_counts():
    watch = watch_at(3)

    watch.begin(4)

    assert compare(watch, 4, 4) == [False, True]


def test_news_are_kept_for_a_while_merged_by_member_and_then_forgotten():
    recent = RecentNews(keep_s=5)

    recent.add("room", heard("ann", 1, 1), now_s=100)
    recent.add("room", heard("ann", 2, 1), now_s=104)
    recent.add("room", heard("ann", 2, 2), now_s=106)
    recent.add("room", heard("bob", 1, 1), now_s=106)

    assert {user: news.mark[1:3] for user, news in recent.of("room", now_s=106).items()} == {
        "ann": (2, 2),
        "bob": (1, 1),
    }
    assert recent.of("another", now_s=106) == {}
    assert recent.of("room", now_s=110.5).keys() == {"ann", "bob"}
    assert recent.of("room", now_s=117) == {}


def test_news_are_forgotten_after_a_pause_too():
    recent = RecentNews(keep_s=5)

    recent.add("room", heard("ann", 1, 1), now_s=100)

    assert recent.of("room", now_s=200) == {}
