"""Reads the pages of ``docs/``: their tables, and what the pointers in their cells lead to.

A pointer stands in backticks and is one of

* ``package.module:name.member``: imported and looked up;
* ``path/to/file.ts:Name.member`` (also ``.tsx``, ``.sql``, ``.lua``): exported, or defined, there;
* ``path/to/test_file.py::test_name`` or ``path/to/file.test.ts::the title of a test``.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dev.metrics_page import NEEDS_ENVIRONMENT

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

SERVICES = ("chat", "presence", "queue", "receipts")

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"`([^`]+)`")
_MODULE = re.compile(r"(?P<module>[a-z_]\w*(?:\.\w+)+):(?P<name>[\w.]+)")
_FILE = re.compile(r"(?P<path>[\w./-]+\.(?:tsx?|sql|lua)):(?P<name>\w+(?:\.\w+)*)")
_TEST = re.compile(r"(?P<path>[\w./-]+\.(?:py|ts|tsx))::(?P<name>.+)")


@dataclass(frozen=True)
class Row:
    """One row: its cells by the heading of their column."""

    heading: str
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def first(self) -> str:
        """The first cell, which names what the row is about, without backticks."""
        return next(iter(self.cells.values())).replace("`", "")


def words(text: str) -> list[str]:
    """Return what stands in backticks, besides fenced blocks."""
    return _WORD.findall(_FENCED.sub("", text))


def rows(page: str, heading: str | None = None) -> list[Row]:
    """Return the rows of all tables of a page, or of those right below one heading.

    Raises:
        LookupError: there are none, which would let a test pass by finding nothing.
    """
    found = [row for row in _rows(page) if heading is None or row.heading == heading]
    if not found:
        raise LookupError(f"docs/{page} has no table below {heading!r}")
    return found


@cache
def _rows(page: str) -> tuple[Row, ...]:
    return tuple(_read(DOCS / page))


def _read(path: Path) -> Iterator[Row]:
    heading, columns = "", list[str]()
    fenced = False
    for line in path.read_text().splitlines():
        fenced ^= line.startswith("```")
        if not fenced and line.startswith("#"):
            heading = line.lstrip("#").strip()
        if fenced or not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = cells
        elif not all(set(cell) <= set("-: ") and "-" in cell for cell in cells):
            yield Row(heading, dict(zip(columns, cells, strict=True)))


def pointers(text: str) -> list[str]:
    """Return the pointers among what stands in backticks."""
    kinds = (_TEST, _FILE, _MODULE)
    return [word for word in words(text) if any(kind.fullmatch(word) for kind in kinds)]


def problem_with(pointer: str) -> str | None:
    """Say why a pointer leads nowhere, or None where it leads somewhere."""
    if test := _TEST.fullmatch(pointer):
        return _problem_with_test(ROOT / test["path"], test["name"])
    if file := _FILE.fullmatch(pointer):
        return _problem_with_file(ROOT / file["path"], file["name"].split("."))
    if module := _MODULE.fullmatch(pointer):
        return _problem_with_module(module["module"], module["name"].split("."))
    return "this is no pointer"


def _problem_with_test(path: Path, name: str) -> str | None:
    if not path.is_file():
        return "there is no such file"
    text = path.read_text()
    if path.suffix == ".py":
        known = re.search(rf"^ *(?:async )?def {re.escape(name)}\(", text, re.MULTILINE)
    else:
        known = re.search(rf"\b(?:test|it)\(\s*(['\"`]){re.escape(name)}\1", text)
    return None if known else "there is no such test"


def _problem_with_file(path: Path, names: list[str]) -> str | None:
    if not path.is_file():
        return "there is no such file"
    text = path.read_text()
    first, *members = names
    if path.suffix == ".sql":
        defined = re.search(rf"^create (?:or replace )?function {first}\b", text, re.MULTILINE)
    elif path.suffix == ".lua":
        defined = re.search(rf"^local function {first}\b", text, re.MULTILINE)
    else:
        kinds = "class|function|async function|const|type|interface"
        defined = re.search(rf"^export (?:{kinds}) {first}\b", text, re.MULTILINE)
    if not defined:
        return f"it defines no {first}"
    missing = [name for name in members if not re.search(rf"^  .*\b{name}\b[(:<]", text, re.M)]
    return f"it has no {missing[0]}" if missing else None


def _problem_with_module(module: str, names: list[str]) -> str | None:
    if module.rpartition(".")[2] in NEEDS_ENVIRONMENT:
        return _problem_with_source(ROOT / Path(*module.split(".")).with_suffix(".py"), names)
    try:
        found: object = importlib.import_module(module)
    except ModuleNotFoundError:
        return "there is no such module"
    for name in names:
        if not hasattr(found, name):
            return f"{found!r} has no {name}"
        found = getattr(found, name)
    return None


def _problem_with_source(path: Path, names: list[str]) -> str | None:
    body: list[ast.stmt] = ast.parse(path.read_text()).body
    for name in names:
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [item for item in body if isinstance(item, kinds) and item.name == name]
        if not found:
            return f"it defines no {name}"
        body = found[0].body
    return None
