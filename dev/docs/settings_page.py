"""The page of the variables of the services, made of the classes that read them.

Their modules read the environment when they are imported, so that something has to stand there:
``dev.services.UNUSED_SURROUNDINGS``.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator

from pydantic_settings import BaseSettings

from dev.docs import shapes
from dev.docs.constants import texts_of

HEAD = """# Types of settings

Every variable of a service with its type and range, as its class has them.
[Settings](../settings.md) says what each one is for.
"""


def page(services: tuple[str, ...]) -> str:
    """Return the page."""
    return "\n".join([HEAD, *_sections(services)])


def _sections(services: tuple[str, ...]) -> Iterator[str]:
    for service in services:
        module = importlib.import_module(f"services.{service}.settings")
        kind: type[BaseSettings] = getattr(module, f"{service.title()}Settings")
        schema = kind.model_json_schema()
        (tree,) = ast.parse(inspect.getsource(kind)).body
        texts = texts_of(tree.body) if isinstance(tree, ast.ClassDef) else {}
        yield f"## {service.title()}\n"
        yield "| variable | is | default | note |"
        yield "|---|---|---|---|"
        for name, variable in schema["properties"].items():
            yield _row(name, variable, texts.get(name, ""))
        yield ""


def _row(name: str, variable: shapes.Schema, text: str) -> str:
    kind = shapes.in_cell(shapes.words(variable, "settings"))
    default = f"`{shapes.shown(variable['default'])}`" if "default" in variable else "required"
    return f"| `{name.upper()}` | {kind} | {default} | {shapes.in_cell(text)} |"
