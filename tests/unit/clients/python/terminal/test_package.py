"""The terminal as a package: on the library, and in the README."""

import pathlib

import pytest

from clients.python import terminal
from tests.unit.clients.python.test_package import imported

PACKAGE = pathlib.Path(terminal.__file__).parent
MODULES = sorted(path for path in PACKAGE.glob("*.py") if not path.name.startswith("__"))
PURE = (
    "commands",
    "company",
    "completion",
    "layout",
    "lines",
    "model",
    "people",
    "safe",
    "sentences",
    "styles",
    "ticks",
    "view",
)


def test_the_readme_names_every_module():
    readme = (PACKAGE.parent / "README.md").read_text()

    assert [path.name for path in MODULES if f"`{path.name}`" not in readme] == []


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_knows_no_terminal_no_loop_and_no_network(name):
    imports = imported(PACKAGE / f"{name}.py")

    assert {one.partition(".")[0] for one in imports}.isdisjoint(
        {"asyncio", "httpx", "os", "prompt_toolkit", "sys", "time", "websockets"}
    )


def test_only_one_module_knows_the_library_that_draws_the_prompt():
    drawing = {
        path.stem
        for path in MODULES
        if any(name.startswith("prompt_toolkit") for name in imported(path))
    }

    assert drawing == {"prompt_screen"}
