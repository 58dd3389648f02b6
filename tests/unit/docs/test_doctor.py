"""The page about the doctor lists what it looks at, and what it can be told."""

import re

from libs.common.doctor.checks import CHECKS
from libs.common.doctor.command import parser
from tests.unit.docs import pages

PAGE = "doctor.md"


def test_every_check_is_documented_in_its_order_with_the_page_that_it_names():
    rows = pages.rows(PAGE, "What it looks at")

    documented = [(row.first, *re.findall(r"\((\S+)\)$", row["more"])) for row in rows]

    assert documented == [(check.name, check.page.removeprefix("docs/")) for check in CHECKS]


def test_every_page_that_a_finding_names_is_there():
    assert [check.page for check in CHECKS if not (pages.ROOT / check.page).is_file()] == []


def test_every_check_says_when_it_is_not_ok():
    rows = pages.rows(PAGE, "What it looks at")

    assert all(row["wrong where"] or row["to look at where"] for row in rows)


def test_every_option_is_documented_and_every_documented_one_is_taken():
    rows = pages.rows(PAGE, "Where to run it")
    documented = {word for row in rows for word in re.findall(r"--[a-z]+", row["option"])}

    taken = set(re.findall(r"--[a-z]+", parser().format_usage()))

    assert documented == taken
