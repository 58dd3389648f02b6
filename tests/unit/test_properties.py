"""Every property of the first design has its tests, with examples, on both of its sides.

On the pure core, and on the real suite through the real protocol: a test whose fixtures start a
``world`` is of the second kind. That each of them ran with a hundred examples is seen to where they
run, in ``tests/properties/conftest.py``. What is about the page alone has no pure core in Python.
"""

import ast
from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from dev.settings import ROOT

FOLDER = ROOT / "tests/properties"
TITLES = {
    1: "WebSocket Connection Establishment",
    2: "Real-time Message Delivery",
    3: "Message Broadcasting",
    4: "WebSocket Fallback Behavior",
    5: "Message Status Tracking",
    6: "Typing Indicator System",
    7: "User Presence Tracking",
    8: "Connection Recovery System",
    9: "Offline Message Handling",
    10: "Read Receipt System",
    11: "Message Retry System",
    12: "Optimistic UI Performance",
    13: "Chat History Pagination",
    14: "Typing Indicator Optimization",
    15: "Connection Heartbeat",
    16: "Message Persistence and Synchronization",
    17: "Chat Loading Behavior",
    18: "Concurrent Operation Safety",
    19: "Comprehensive Error Handling",
}
PURE, REAL = "on the pure core", "on the real suite"
OF_THE_PAGE = {12}
"""Properties that the page alone has: the real suite serves it, and nothing here is beneath it."""
SIDES = [
    (number, side)
    for number in TITLES
    for side in (PURE, REAL)
    if number not in OF_THE_PAGE or side is REAL
]
DRAWING = {"drawn_from", "play_at_once"}
"""What a test calls that draws its examples by itself."""

Asked = Mapping[str, frozenset[str]]
"""By fixture, which others it asks for."""


class PropertyTest(NamedTuple):
    """A test of a property.

    Attributes:
        has_examples: whether Hypothesis draws what it is run with.
    """

    name: str
    docstring: str
    has_examples: bool
    side: str


def asked_in(tree: ast.Module) -> Asked:
    """Return the fixtures of a file."""
    return {
        each.name: arguments_of(each)
        for each in tree.body
        if isinstance(each, ast.FunctionDef)
        and any("fixture" in ast.unparse(decorator) for decorator in each.decorator_list)
    }


def arguments_of(function: ast.FunctionDef) -> frozenset[str]:
    return frozenset(each.arg for each in function.args.args)


def needs_world(name: str, asked: Asked) -> bool:
    return name == "world" or any(needs_world(each, asked) for each in asked.get(name, ()))


def calls(nodes: list[ast.expr] | list[ast.stmt]) -> Iterator[str]:
    """Yield the names of what is called, without what it is called of."""
    for node in (each for one in nodes for each in ast.walk(one)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def found_in(path: Path) -> Iterator[PropertyTest]:
    """Yield the tests of a file of properties."""
    tree = ast.parse(path.read_text())
    asked = ChainMap(dict(asked_in(tree)), dict(SHARED))
    for each in tree.body:
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            drawn = "given" in calls(each.decorator_list) or DRAWING & set(calls(each.body))
            is_real = any(needs_world(name, asked) for name in arguments_of(each))
            docstring = ast.get_docstring(each) or ""
            yield PropertyTest(each.name, docstring, bool(drawn), REAL if is_real else PURE)


SHARED = asked_in(ast.parse((FOLDER / "conftest.py").read_text()))
FILES: defaultdict[int, list[Path]] = defaultdict(list)
for file in sorted(FOLDER.glob("test_property_*.py")):
    FILES[int(file.name.split("_")[2])].append(file)


def test_every_property_has_its_file():
    assert set(FILES) == set(TITLES)


@pytest.mark.parametrize("number", TITLES)
def test_every_test_of_a_property_says_of_which(number):
    tag = f"Feature: whatsapp-messaging-fix, Property {number}: {TITLES[number]}"

    for path in FILES[number]:
        assert (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0] == tag
        assert [each.name for each in found_in(path) if each.docstring != tag] == []


@pytest.mark.parametrize(("number", "side"), SIDES)
def test_every_property_has_examples(number, side):
    tests = [each for path in FILES[number] for each in found_in(path)]

    assert [each.name for each in tests if each.has_examples and each.side == side] != []
