"""The figures of the README are those of the page about performance, where it is said how they came."""

import re

from tests.unit.docs import pages

README = "../README.md"
PERFORMANCE = "performance.md"


def figures_of(page, heading):
    """Return the cells behind the first of each row; of two rows of a name, those of the first."""
    found: dict[str, list[str]] = {}
    for row in pages.rows(page, heading):
        found.setdefault(row.first, list(row.cells.values())[1:])
    return found


def test_the_table_says_what_the_page_about_performance_says():
    shown = figures_of(README, "How fast")
    told = figures_of(PERFORMANCE, "Beside others")

    assert "Parley" in shown
    for name, figures in shown.items():
        pairs = zip(figures, told[name], strict=True)
        assert [cell.startswith(figure) for figure, cell in pairs] == [True, True], name


def test_the_figures_between_them_are_there_too():
    text = (pages.ROOT / "README.md").read_text()
    section = text[text.index("## How fast") : text.index("## Beside others")]
    prose = "\n".join(line for line in section.splitlines() if not line.startswith("|"))
    told = (pages.DOCS / PERFORMANCE).read_text()

    figures = re.findall(r"(\d+\.\d+) (?:ms|KiB)", prose)

    assert len(figures) == 3
    assert [figure for figure in figures if figure not in told] == []
