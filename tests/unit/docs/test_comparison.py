"""What is said of other projects names its source, and the README says nothing besides."""

import re
from typing import get_args

import pytest

from services.chat.frames.client import AnyClientFrame
from tests.unit.docs import pages

PAGE = "comparison.md"
README = "../README.md"
TEXT = (pages.DOCS / PAGE).read_text()
BODY, _, SOURCES = TEXT.partition("\n## Sources\n")

TABLES = ("What it is", "A message", "Who is away, and who is there", "Around it")
OURS = "Parley"
OTHERS = (
    "Tinode",
    "Centrifugo",
    "Matrix (Synapse, Element)",
    "ejabberd (XMPP)",
    "Socket.IO",
    "Channels by hand",
)
UNKNOWN = "not checked"
MEASURED = "held, of the rates tried"


def used(text):
    return re.findall(r"\[\^([\w-]+)\](?!:)", text)


def plain(cell):
    """Return a cell as the README has it: without its sources."""
    return re.sub(r" ?\[\^[\w-]+\]", "", cell)


def rows():
    return [row for heading in TABLES for row in pages.rows(PAGE, heading)]


def cells_of(project):
    """Return the cells of a project in all tables, by the heading of their column."""
    found = [row.cells for row in rows() if row["project"] == project]
    return {column: cell for cells in found for column, cell in cells.items()}


def measured(page, heading):
    return [row.cells for row in pages.rows(page, heading) if MEASURED in row.cells]


def test_every_source_that_is_used_is_defined_once_and_every_one_defined_is_used():
    defined = re.findall(r"^\[\^([\w-]+)\]:", SOURCES, re.MULTILINE)

    assert sorted(defined) == sorted(set(used(BODY)))
    assert len(defined) > 0


@pytest.mark.parametrize("source", re.findall(r"^\[\^.+", SOURCES, re.MULTILINE))
def test_a_source_has_an_address_and_says_of_when_it_is(source):
    address = re.search(r"<https://[^>\s]+>|benchmarks/tutorial", source)

    assert address
    assert re.search(r"commit [0-9a-f]{7}\b|\bversion\b|\b20\d\d\b|Channels \d", source)


@pytest.mark.parametrize("project", OTHERS)
def test_whatever_is_said_of_another_project_rests_on_a_source(project):
    cells = {column: cell for column, cell in cells_of(project).items() if column != "project"}

    unfounded = {
        column: cell for column, cell in cells.items() if not used(cell) and cell != UNKNOWN
    }

    assert unfounded == {}


def test_each_project_has_a_row_in_every_table():
    for heading in TABLES:
        columns = {tuple(row.cells) for row in pages.rows(PAGE, heading)}
        for shape in columns:
            shown = [row.first for row in pages.rows(PAGE, heading) if tuple(row.cells) == shape]
            assert shown == [OURS, *OTHERS]


def test_the_readme_shows_each_project_and_says_of_it_what_the_page_says():
    shown = pages.rows(README, "Beside others")

    assert [row.first for row in shown] == [OURS, *OTHERS]
    for row in shown:
        said = cells_of(row.first)
        assert row.cells == {column: plain(said[column]) for column in row.cells}


def test_each_of_them_is_somewhere_the_better_choice():
    advice = BODY.partition("## When to take another one")[2].partition("\n## ")[0]

    advised = {name.rstrip(".") for name in re.findall(r"^\* \*\*.+?\*\*: ([\w.]+)", advice, re.M)}

    assert advised == {name.partition(" ")[0] for name in OTHERS}


def test_what_was_measured_is_what_the_page_about_performance_says():
    here = measured(PAGE, "Measured")

    assert here == measured("performance.md", "Beside others")[: len(here)]
    assert len(here) == 3


def test_what_clients_are_said_to_be_able_to_say_is_all_they_can():
    lacking = BODY.partition("## What Parley lacks")[2].partition("\n## ")[0]
    sentence = re.search(r"All that a client can say over its socket is ([^.]+)", lacking)

    assert sentence
    assert pages.words(sentence[1]) == [
        frame.__struct_config__.tag for frame in get_args(AnyClientFrame)
    ]


def test_a_licence_is_named_as_soon_as_there_is_one():
    there = [*pages.ROOT.glob("LICEN[CS]E*"), *pages.ROOT.glob("COPYING*")]

    assert (cells_of(OURS)["licence"] == "none named yet") == (there == [])
