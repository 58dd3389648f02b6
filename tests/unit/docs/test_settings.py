"""Variables are found without setting any: by parsing classes, and by watching dev's reader."""

import ast

import pytest

from dev.settings import from_environment
from tests.unit.docs import pages


def variables_of(service):
    """Return the default of each variable of a service, as it is written."""
    source = (pages.ROOT / "services" / service / "settings.py").read_text()
    (settings,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == f"{service.title()}Settings"
    )
    return {
        field.target.id.upper(): default_of(field.value)
        for field in settings.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


def default_of(value):
    if value is None:
        return "required"
    if isinstance(value, ast.Call):
        (value,) = value.args
    return f"`{ast.literal_eval(value)}`"


class Watched(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return default

    def __contains__(self, key):
        self.asked.add(key)
        return False


@pytest.mark.parametrize("service", pages.SERVICES)
def test_every_variable_of_a_service_is_documented_with_its_default(service):
    rows = pages.rows("settings.md", service)

    documented = {name: row["default"] for row in rows for name in pages.words(row["variable"])}

    assert documented == variables_of(service)


def test_every_variable_of_make_up_is_documented_and_every_documented_one_is_read():
    environment = Watched()
    from_environment(environment, pages.SERVICES)

    rows = pages.rows("settings.md", "make up")
    documented = {name for row in rows for name in pages.words(row["variable"])}

    assert documented == environment.asked
