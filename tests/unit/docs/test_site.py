"""The site without Sphinx: what it is given to read, and what is looked for in what it made."""

import re

import pytest

from dev import verbs
from dev.docs import site
from tests.unit.docs import pages

MADE = {"frames.md": "# Frames\n", "asyncapi.json": "{}\n"}


@pytest.fixture
def gathered(tmp_path):
    site.gather(MADE, tmp_path / "source")
    return tmp_path / "source"


def entries_of(text):
    """Return the places in all tables of contents of a page."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [re.sub(r".*<(.*)>", r"\1", line) for line in lines if line and not line.startswith(":")]


def test_every_page_has_one_place_in_the_tables_of_contents(gathered):
    there = {str(page.relative_to(gathered)): page for page in gathered.rglob("*.md")}

    found = [
        str((page.parent / f"{entry}.md").relative_to(gathered))
        for page in there.values()
        for entry in entries_of(page.read_text())
    ]

    assert sorted(["index.md", *found]) == sorted(there)
    assert {"protocol.md", "runbooks/OutboxStuck.md", "reference/frames.md"} <= {*found}


def test_every_page_of_the_repository_comes_along(gathered):
    there = {str(page.relative_to(pages.DOCS)) for page in pages.PAGES} - {"README.md"}

    assert there <= {str(page.relative_to(gathered)) for page in gathered.rglob("*.md")}


def test_the_parts_of_the_site_are_those_of_the_index():
    assert list(site.sections()) == ["Learn", "Do", "Understand", "Look up"]
    assert site.sections()["Look up"]["runbooks"] == "runbooks/index.md"


def test_a_link_leads_to_the_new_place_and_brings_along_what_is_no_page(gathered):
    readme = (gathered / "readme.md").read_text()
    contributing = (gathered / "contributing.md").read_text()

    assert "](protocol.md#http)" in readme
    assert "](runbooks/index.md)" in readme
    assert 'src="pictures/desk.png"' in readme
    assert "](python-client.md)" in readme
    assert "](LICENSE)" in contributing
    assert (gathered / "pictures" / "desk.png").exists()
    assert (gathered / "LICENSE").exists()
    assert "](../limits.md#dependencies)" in (gathered / "runbooks/BreakerOpen.md").read_text()


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.html", '<script src="https://cdn.test/a.js"></script>', "https://cdn.test/a.js"),
        ("a.html", '<link rel="stylesheet" href="//cdn.test/a.css">', "//cdn.test/a.css"),
        ("a.html", "<img alt='x' src='http://cdn.test/a.png'>", "http://cdn.test/a.png"),
        ("a.css", "@import url(https://cdn.test/b.css);", "https://cdn.test/b.css"),
        ("a.html", '<a href="https://example.test/">to follow</a><img src="a.png">', None),
        ("a.js", 'const home = "https://example.test/"', None),
    ],
)
def test_what_is_loaded_from_elsewhere_is_found(tmp_path, name, text, found):
    (tmp_path / name).write_text(text)

    assert list(site.elsewhere(tmp_path)) == ([f"{name}: {found}"] if found else [])


def test_the_site_is_made_where_everything_is_tried(monkeypatch):
    monkeypatch.delenv("CI_FULL", raising=False)
    usual = [part.name for part in verbs.tests()]
    monkeypatch.setenv("CI_FULL", "1")

    assert "documents" not in usual
    assert "documents" in [part.name for part in verbs.tests()]
