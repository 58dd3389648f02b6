import pytest

from tests.conformance.matching import Mismatch, match, matches, put

KNOWN = {"room": "r1", "seq": 7, "alice": "a1", "alice.name": "alice"}


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (1, 1),
        ("hello", "hello"),
        ("", ""),
        (True, True),
        ({"seq": 1}, {"seq": 1, "more": 2}),
        ({"seq": "<absent>"}, {"more": 2}),
        ([1, {"a": 2}], [1, {"a": 2, "b": 3}]),
        ("$room", "r1"),
        ("$seq", 7),
        ("$room.$seq", "r1.7"),
        ("$alice.name", "alice"),
        ({"$room": 0}, {"r1": 0}),
        ("<any>", None),
        ("<null>", None),
        ("<bool>", False),
        ("<int>", 0),
        ("<int 1..>", 1),
        ("<int ..3>", 3),
        ("<int 1..3>", 2),
        ("<number 0..>", 0.5),
        ("<text>", "x"),
        ("<texts>", ["x", "y"]),
        ("<length 2..3>", [1, 2]),
        ("<length 1..>", {"a": 1}),
        ("<uuid>", "0190163d-8694-739b-aea5-966c26f8ad90"),
        ("<time>", "2026-11-30T11:05:57.123Z"),
        ("<time>", "2026-11-30T11:05:57.123+00:00"),
        ("<time?>", None),
        ("<not $room>", "r2"),
        ("<one of ack|error>", "error"),
        ("<like x{3}>", "xxx"),
        ("$at <time>", "2026-11-30T11:05:57.123Z"),
        ({"<any order>": ["$alice", "b1"]}, ["b1", "a1"]),
        ({"<contains>": [{"user": "b"}]}, [{"user": "a"}, {"user": "b", "seq": 1}]),
        ({"<each>": {"seq": "<int>"}}, [{"seq": 1}, {"seq": 2}]),
        ({"<each>": "<int>"}, []),
    ],
)
def test_what_is_as_the_pattern_says_matches(pattern, value):
    assert matches(pattern, value, KNOWN)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (1, 2),
        (1, True),
        (1, 1.0),
        (1, "1"),
        ("hello", "Hello"),
        ("", "x"),
        ({"seq": 1}, {}),
        ({"seq": 1}, [1]),
        ({"seq": "<any>"}, {}),
        ({"seq": "<absent>"}, {"seq": None}),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ([1], {"0": 1}),
        ("$room", "r2"),
        ("$seq", "7"),
        ("$seq", 7.0),
        ("$room.$seq", "r1.8"),
        ({"$room": 0}, {"r2": 0}),
        ("<null>", 0),
        ("<bool>", 1),
        ("<int>", True),
        ("<int>", 1.0),
        ("<int 1..>", 0),
        ("<int ..3>", 4),
        ("<number>", "1"),
        ("<text>", ""),
        ("<texts>", []),
        ("<texts>", "x"),
        ("<length 2..3>", [1]),
        ("<length 1..>", 5),
        ("<uuid>", "0190163d"),
        ("<time>", "2026-11-30T11:05:57Z"),
        ("<time>", "2026-11-30T12:05:57.123+01:00"),
        ("<time>", 1),
        ("<time?>", "yesterday"),
        ("<not $room>", "r1"),
        ("<not $seq>", 7),
        ("<one of ack|error>", "pong"),
        ("<like x{3}>", "xxxx"),
        ("$at <time>", "now"),
        ({"<any order>": ["a"]}, ["a", "b"]),
        ({"<any order>": ["a", "a"]}, ["a", "b"]),
        ({"<contains>": ["a", "a"]}, ["a", "b"]),
        ({"<contains>": ["a"]}, "a"),
        ({"<each>": "<int>"}, [1, "2"]),
    ],
)
def test_what_is_not_does_not(pattern, value):
    assert not matches(pattern, value, KNOWN)


def test_a_name_is_bound_by_what_comes_first_and_compared_from_then_on():
    known = match({"seq": "$first", "again": "$first"}, {"seq": 1, "again": 1}, KNOWN)

    assert known == {**KNOWN, "first": 1}
    assert not matches("$first", 2, known)


def test_a_name_is_not_bound_by_what_does_not_match():
    with pytest.raises(Mismatch):
        match({"a": "$new", "b": 1}, {"a": 5, "b": 2}, KNOWN)

    assert "new" not in KNOWN


def test_a_mismatch_says_where_and_what():
    with pytest.raises(Mismatch, match=r"rooms\[1\]\.seq: expected <int 1\.\.>, came 0"):
        match({"rooms": [{}, {"seq": "<int 1..>"}]}, {"rooms": [{}, {"seq": 0}]}, {})


def test_a_mismatch_is_short():
    with pytest.raises(Mismatch) as wrong:
        match("x", "y" * 100_000, {})

    assert len(str(wrong.value)) < 400


def test_a_name_that_nothing_is_bound_to_is_a_mistake():
    with pytest.raises(LookupError):
        put("$nobody.$seq", KNOWN)


def test_a_kind_that_does_not_exist_is_a_mistake():
    with pytest.raises(LookupError):
        match("<colour>", "red", {})
