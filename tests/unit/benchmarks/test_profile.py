"""What a profile is read from, and what it is told as."""

import xml.etree.ElementTree as ET

import pytest

from benchmarks.profile import statements
from benchmarks.profile.flames import WIDTH, drawn
from benchmarks.profile.recorded import stacks_in
from benchmarks.profile.spies import CannotSpy, check_allowed
from benchmarks.profile.statements import Spent

SVG = "{http://www.w3.org/2000/svg}"
RAW = """\
run (a.py:1);serve (services/chat/hub.py:9);write (b.py:2) 6
run (a.py:1);serve (services/chat/hub.py:9) 3
run (a.py:1);again (c.py:3);again (c.py:3) 1
"""


def test_own_time_is_of_the_innermost_function():
    assert stacks_in(RAW).own() == {
        "write (b.py:2)": 6,
        "serve (services/chat/hub.py:9)": 3,
        "again (c.py:3)": 1,
    }


def test_whole_time_counts_a_function_once_a_stack_however_often_it_is_in_it():
    whole = stacks_in(RAW).whole()

    assert whole["run (a.py:1)"] == 10
    assert whole["serve (services/chat/hub.py:9)"] == 9
    assert whole["again (c.py:3)"] == 1


def test_the_text_has_the_heaviest_first_with_their_share():
    own, whole = stacks_in(RAW).text().split("\n\n")

    assert own.splitlines()[1].split() == ["write", "(b.py:2)", "6", "60.0", "%"]
    assert whole.splitlines()[1].split() == ["run", "(a.py:1)", "10", "100.0", "%"]


def test_nothing_seen_is_an_empty_text():
    assert stacks_in("").text() == ""


def test_what_is_no_stack_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        stacks_in("Error: no such process")


def test_a_flame_is_as_wide_as_its_share_and_above_what_called_it():
    picture = ET.fromstring(drawn(stacks_in(RAW), title="<chat>"))  # noqa: S314 - our own
    flames = [list(box) for box in picture.iter(f"{SVG}g") if "style" not in box.attrib]
    boxes = {title.text: box.attrib for title, box, *_ in flames}

    run = boxes["run (a.py:1): 10 samples, 100.0 %"]
    serve = boxes["serve (services/chat/hub.py:9): 9 samples, 90.0 %"]
    write = boxes["write (b.py:2): 6 samples, 60.0 %"]
    assert float(run["width"]) == WIDTH
    assert float(serve["width"]) == WIDTH * 0.9
    assert float(write["x"]) == float(serve["x"])
    assert int(write["y"]) < int(serve["y"]) < int(run["y"])
    assert serve["fill"] != write["fill"]


def test_of_statements_that_counts_which_came_in_between():
    before = {
        ("chat", "select 1"): Spent(calls=10, ms=5.0),
        ("chat", "old"): Spent(calls=1, ms=9.0),
    }
    after = {
        **before,
        ("chat", "select 1"): Spent(calls=14, ms=6.0),
        ("chat", "new"): Spent(calls=2, ms=3.0),
        ("queue", "new"): Spent(calls=1, ms=0.5),
    }

    assert statements.between(before, after) == {
        "chat": [("new", Spent(calls=2, ms=3.0)), ("select 1", Spent(calls=4, ms=1.0))],
        "queue": [("new", Spent(calls=1, ms=0.5))],
    }


def test_a_table_of_statements_has_the_share_of_those_that_are_left_out_too():
    spent = [("heavy", Spent(calls=4, ms=3.0)), ("light", Spent(calls=1, ms=1.0))]

    told = statements.table("chat", spent, top=1)

    assert told.splitlines()[0] == "chat: 4 ms"
    assert told.splitlines()[2].split() == ["heavy", "3", "4", "750", "75", "%"]
    assert "light" not in told


def test_where_nobody_may_look_that_is_said_in_one_sentence():
    nobody = 2**22 + 1  # above the highest pid there can be

    with pytest.raises(CannotSpy, match=r"py-spy may not look into the services: .*\(.+\)"):
        check_allowed(nobody)
