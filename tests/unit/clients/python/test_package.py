"""The package as a whole: it is installed on its own, under the name `parley`."""

import ast
import pathlib
import sys

import pytest

from clients.python import parley

PACKAGE = pathlib.Path(parley.__file__).parent
ALLOWED = {"httpx", "msgspec", "websockets"} | sys.stdlib_module_names


def imported(path: pathlib.Path) -> set[str]:
    """Return the names of the modules that a file imports; those beside it begin with a dot."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_needs_nothing_of_this_repository_but_its_own_package(path):
    names = imported(path)

    others = {name for name in names if not name.startswith(".")}
    assert {name.partition(".")[0] for name in others} <= ALLOWED
    assert [name for name in names if name.startswith("..")] == []


def test_the_readme_names_every_module():
    readme = (PACKAGE.parent / "README.md").read_text()
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}

    assert {name for name in modules if f"`{name}`" not in readme} == set()


def test_everything_that_is_exported_exists():
    assert [name for name in parley.__all__ if not hasattr(parley, name)] == []
