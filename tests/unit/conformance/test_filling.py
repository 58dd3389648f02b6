import pytest

from tests.conformance.filling import fill

KNOWN = {"room": "r1", "seq": 7}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("$room", "r1"),
        ("$seq", 7),
        ("$room.$seq", "r1.7"),
        ({"cursors": {"$room": "$seq"}}, {"cursors": {"r1": 7}}),
        (["$seq", True, None], [7, True, None]),
        ("<null>", None),
        ("<x * 3>", "xxx"),
        ('{<"r#":0, * 2>"last":0}', '{"r1":0,"r2":0,"last":0}'),
        ("costs $5 <3", "costs $5 <3"),
    ],
)
def test_placeholders_are_filled_in(written, sent):
    assert fill(written, KNOWN) == sent


def test_a_new_uuid_is_another_one_each_time():
    first, second = fill(["<new uuid>", "<new uuid>"], KNOWN)

    assert first != second


def test_what_nothing_is_bound_to_is_not_sent():
    with pytest.raises(LookupError):
        fill({"room": "$nowhere"}, KNOWN)
