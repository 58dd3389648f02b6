import pytest

from tests.unit.docs import pages

DECISIONS = sorted((pages.DOCS / "decisions").glob("*.md"))
LONGEST_LINES = 25


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(page.name[:4]) for page in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert len(DECISIONS) > 0


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_the_title_is_the_decision_and_the_name_of_the_file(page):
    title = page.read_text().splitlines()[0].removeprefix("# ")

    plain = "".join(char for char in title.lower() if char.isalnum() or char in " -")

    assert plain.replace(" ", "-") == page.stem[5:]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_short_and_says_what_it_is_not(page):
    text = page.read_text()

    assert len(text.splitlines()) <= LONGEST_LINES
    for part in ("**Context.**", "**Decision.**", "**Instead.**", "**Consequences.**"):
        assert text.count(part) == 1
