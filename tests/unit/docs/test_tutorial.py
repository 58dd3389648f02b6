"""The tutorial holds the site that it leads to: every piece of code, and all that is new there."""

import ast
import re

import pytest

from tests import tutorial

NEW = ("chat",)
TOUCHED = ("mysite/settings.py", "mysite/urls.py", "templates/base.html")
ABOUT_CHAT = re.compile(r"chat|parley|forward|unread", re.IGNORECASE)
BY_DJANGO = ("migrations", "__init__.py", "__pycache__")
COPIED = {"parley_push.py", "parley"}
OURS = {"benchmarks", "clients", "dev", "libs", "services", "tests"}
PIECES = tutorial.pieces()


def written(path):
    """Return every line that the tutorial has people write into a file."""
    return {line for piece in PIECES if piece.path == path for line in piece.text.splitlines()}


def new_files():
    for folder in NEW:
        for path in sorted((tutorial.SITE / folder).rglob("*.*")):
            inside = path.relative_to(tutorial.SITE)
            if not set(inside.parts) & COPIED.union(BY_DJANGO):
                yield str(inside)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.path)
def test_each_piece_is_a_part_of_its_file(piece):
    whole = (tutorial.SITE / piece.path).read_text(encoding="utf-8")

    assert f"{piece.text}\n" in whole


@pytest.mark.parametrize("path", list(new_files()))
def test_every_line_of_what_is_new_stands_in_the_tutorial(path):
    lines = (tutorial.SITE / path).read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line and line not in written(path)] == []


@pytest.mark.parametrize("path", TOUCHED)
def test_so_does_every_line_about_chat_of_what_was_there(path):
    lines = (tutorial.SITE / path).read_text(encoding="utf-8").splitlines()
    about_chat = [line for line in lines if ABOUT_CHAT.search(line)]

    assert about_chat
    assert [line for line in about_chat if line not in written(path)] == []


def test_the_site_has_nothing_of_parleys_but_what_its_reader_copies():
    imported = set()
    for path in tutorial.SITE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])

    assert "django" in imported
    assert imported & OURS == set()


def test_parley_is_started_for_the_address_of_the_site():
    given = tutorial.variables_of_parley("http://127.0.0.1:1")

    assert given == {
        "ALLOWED_ORIGINS": "http://127.0.0.1:1",
        "EXTERNAL_ISSUER": "http://127.0.0.1:1",
        "EXTERNAL_JWKS_URL": "http://127.0.0.1:1/.well-known/jwks.json",
        "EXTERNAL_AUDIENCE": "parley",
    }
