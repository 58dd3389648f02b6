"""Writes into `docs/correctness.md` which tests prove what: `python -m dev.correctness`.

The tests say it themselves: by the marker ``promise(number=…)``, on a test or as ``pytestmark`` of
its module, and by ``Property <number>: <title>`` in the docstring of a property, or of its module.
Those of the web client say it in the comment at the head of their file, of all tests in it. They are
read and not imported, so that this asks for nothing but the source.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.settings import ROOT

PAGE = ROOT / "docs" / "correctness.md"
TESTS = ROOT / "tests"
WEB = ROOT / "clients" / "web"
PYTEST = ".venv/bin/python -m pytest"
VITEST = f"cd {WEB.relative_to(ROOT)} && npx vitest run"

PROMISES = {
    1: "An acknowledged message is in PostgreSQL, and survives the end of any process, the loss of"
    " all that is in Redis, and an immediate stop of PostgreSQL.",
    2: "A message appears exactly once for its room, sender and client_id: however often, wherever"
    " and how simultaneously it is tried.",
    3: "A room has one order: seqs from 1 without a gap or a double, the same for all, and nothing"
    " ever appears at or below what a reader has.",
    4: "A session gets the messages of a room in that order, without a hole that it could not see"
    " and fill.",
    5: "Delivered means that a device of the recipient said so, and watermarks never go back.",
    6: "Every failure is bounded and visible: what does not need the part that failed goes on, and"
    " what needs it is refused or late, never lost.",
    7: "Nothing is dropped in silence: queues are bounded, what lasts is never shed, and what is"
    " shed is counted.",
}
PROPERTIES = range(1, 20)

_PROPERTY = re.compile(r"Property (\d+): ([^\n]+)")
_HEAD = re.compile(r"/\*\*(.*?)\*/", re.DOTALL)
_WEB_TEST = re.compile(r'^\s*test\(\s*"([^"\n]+)"', re.MULTILINE)
_TABLE = "<!-- {name}: written by `make fix` -->\n"
_END = "<!-- end -->"


@dataclass(frozen=True)
class Proof:
    """A test, and what it says that it proves.

    Attributes:
        file: its path from the root.
        promises: by number.
        properties: titles by number.
    """

    file: str
    name: str
    promises: frozenset[int]
    properties: Mapping[int, str]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_tables(PAGE.read_text(), [*proofs(), *web_proofs()]))


def proofs(folder: Path = TESTS) -> Iterator[Proof]:
    """Yield the tests of a folder, by file, in their order."""
    for path in sorted(folder.rglob("test_*.py")):
        yield from _tests_of(path)


def web_proofs(folder: Path = WEB / "sdk" / "test") -> Iterator[Proof]:
    """Yield those tests of the web client that say which property they prove."""
    for path in sorted(folder.rglob("*.test.ts")):
        text = path.read_text()
        head = _HEAD.match(text)
        properties = _told_by(head[1] if head else "")
        if properties:
            for name in _WEB_TEST.findall(text):
                yield Proof(_named_from_root(path), name, frozenset(), properties)


def with_tables(page: str, known: Iterable[Proof]) -> str:
    """Return a page with the tables as they are by these tests.

    Raises:
        LookupError: it has no place for one of them.
    """
    proving = list(known)
    page = _with_table(page, "promises", _promises(proving))
    return _with_table(page, "properties", _properties(proving))


def _with_table(page: str, name: str, rows: Iterable[str]) -> str:
    begin = _TABLE.format(name=name)
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(_END)
    if not (found and ended):
        raise LookupError(f"the page has no place for the {name}")
    return "".join([before, begin, *(f"{row}\n" for row in rows), _END, after])


def _promises(known: Iterable[Proof]) -> Iterator[str]:
    yield "| promise | tests | all of them |"
    yield "|---|---|---|"
    for number, text in PROMISES.items():
        proving = _named(proof for proof in known if number in proof.promises)
        yield f"| {number}. {text} | {proving} | `{PYTEST} -m 'promise(number={number})' tests` |"


def _properties(known: Iterable[Proof]) -> Iterator[str]:
    yield "| property | tests | all of them |"
    yield "|---|---|---|"
    for number in PROPERTIES:
        proving = [proof for proof in known if number in proof.properties]
        title = next((proof.properties[number] for proof in proving), "")
        commands = "<br>".join(f"`{command}`" for command in _commands(proving))
        yield f"| {number}. {title} | {_named(proving)} | {commands} |"


def _commands(proving: Iterable[Proof]) -> Iterator[str]:
    """Yield what runs tests: those of pytest, then those of the web client, where there are any."""
    files = dict.fromkeys(proof.file for proof in proving)
    web = f"{WEB.relative_to(ROOT)}/"
    ours = [file for file in files if not file.startswith(web)]
    theirs = [file.removeprefix(web) for file in files if file.startswith(web)]
    if ours:
        yield " ".join([PYTEST, *ours])
    if theirs:
        yield f"({' '.join([VITEST, *theirs])})"


def _named(proving: Iterable[Proof]) -> str:
    """Name tests in one cell: each file once."""
    by_file: dict[str, list[str]] = {}
    for proof in proving:
        by_file.setdefault(proof.file, []).append(f"`{proof.name}`")
    return "<br>".join(f"`{file}`: {', '.join(names)}" for file, names in by_file.items())


def _tests_of(path: Path) -> Iterator[Proof]:
    module = ast.parse(path.read_text())
    file = _named_from_root(path)
    of_all = _marked(_pytestmarks(module))
    told = _told_by(ast.get_docstring(module) or "")
    for item in module.body:
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if item.name.startswith("test_"):
            own = _told_by(ast.get_docstring(item) or "")
            promises = of_all | _marked(item.decorator_list)
            yield Proof(file, item.name, promises, own or told)


def _told_by(text: str) -> Mapping[int, str]:
    """Return the titles of the properties that a text names, by number."""
    return {int(number): title.strip(' ."') for number, title in _PROPERTY.findall(text)}


def _named_from_root(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _pytestmarks(module: ast.Module) -> Iterator[ast.expr]:
    for item in module.body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "pytestmark":
            yield from item.value.elts if isinstance(item.value, ast.List) else [item.value]


def _marked(marks: Iterable[ast.expr]) -> frozenset[int]:
    found = [re.fullmatch(r"pytest\.mark\.promise\(number=(\d+)\)", ast.unparse(m)) for m in marks]
    return frozenset(int(mark[1]) for mark in found if mark)


if __name__ == "__main__":
    main()
