"""What stands below a constant, and below a field of a class, is the text about it: read, not run."""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import ModuleType


def documented(module: ModuleType) -> Iterator[tuple[str, object, str]]:
    """Yield name, value and text of each constant of a module that has one, in their order."""
    body = ast.parse(inspect.getsource(module)).body
    for name, text in texts_of(body).items():
        yield name, getattr(module, name), text


def texts_of(body: Sequence[ast.stmt]) -> Mapping[str, str]:
    """Return the text below each name of a module, or class, that has one."""
    found = {}
    for statement, below in pairwise(body):
        name, text = _name(statement), _text(below)
        if name and text:
            found[name] = " ".join(text.split())
    return found


def _name(statement: ast.stmt) -> str | None:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    target = statement.target if isinstance(statement, ast.AnnAssign) else [*targets, None][0]
    return target.id if isinstance(target, ast.Name) else None


def _text(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return None
