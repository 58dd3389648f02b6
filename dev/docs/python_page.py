"""The page of the Python client: what `parley` exports, with signatures and docstrings."""

import enum
import inspect
import re
from collections.abc import Callable, Iterator, Sequence

from clients.python import parley
from clients.python.parley.api import Api
from dev.docs.docstrings import prose

HEAD = """# Python client, name by name

What `import parley` brings, from its docstrings. [Its README](../python-client.md) tells how to use it.
"""
LINE_CHARS = 88
_MODULES = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
"""What stands before the name of a type."""
_CHOSEN_WHEN_RUN = re.compile(r"<(?:[^<>]|<[^<>]*>)*>")
"""What Python shows of a default that is no literal."""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_body()])


def _body() -> Iterator[str]:
    found = {name: getattr(parley, name) for name in parley.__all__}
    errors = {name for name, one in found.items() if _is_error(one)}
    functions = {name for name, one in found.items() if not inspect.isclass(one)}
    yield "## Ways in\n"
    for name in sorted(functions):
        yield from _function(name, found[name], level="###")
    yield "## Classes\n"
    for name in sorted(found.keys() - errors - functions):
        yield from _class(name, found[name])
    yield "### `Api`\n"
    yield "The class of `chat.api`; it is not exported.\n"
    yield from _members(Api)
    yield "## Errors\n"
    for name in sorted(errors):
        yield from _error(name, found[name])


def _is_error(one: object) -> bool:
    return inspect.isclass(one) and issubclass(one, BaseException)


def _error(name: str, one: type[BaseException]) -> Iterator[str]:
    above = [f"`{kind.__name__}`" for kind in one.__bases__]
    yield f"### `{name}`\n"
    yield f"A {', '.join(above)}. {prose(one.__doc__)}\n"


def _class(name: str, one: type) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield f"{prose(_own_docstring(one))}\n"
    if issubclass(one, enum.Enum):
        for value in one:
            yield f"* `{name}.{value.name}`"
        yield ""
        return
    yield _signature(name, one)
    yield from _members(one)


def _own_docstring(one: type) -> str | None:
    return one.__dict__.get("__doc__")


def _members(one: type) -> Iterator[str]:
    """Yield what is public of a class, and of those of ours that it stands on."""
    seen = set[str]()
    for kind in one.__mro__:
        if not kind.__module__.startswith(parley.__name__):
            continue
        for name, member in vars(kind).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            if isinstance(member, property):
                yield f"#### `{name}`\n\n{prose(member.__doc__)}\n"
            elif isinstance(member, classmethod | staticmethod):
                yield from _function(name, getattr(one, name), level="####")
            elif inspect.isfunction(member):
                yield from _function(name, member, level="####")


def _function(name: str, one: Callable[..., object], *, level: str) -> Iterator[str]:
    yield f"{level} `{name}`\n"
    yield _signature(name, one)
    yield f"{prose(inspect.getdoc(one))}\n"


def _signature(name: str, one: Callable[..., object]) -> str:
    found = inspect.signature(one)
    parameters = [each for each in found.parameters.values() if each.name != "self"]
    returned = found.empty if isinstance(one, type) else found.return_annotation
    begins = "async " if inspect.iscoroutinefunction(one) else ""
    shown = _plain(str(inspect.Signature(parameters, return_annotation=returned)))
    if len(begins) + len(name) + len(shown) > LINE_CHARS:
        shown = _on_lines(parameters) + shown[shown.rindex(")") + 1 :]
    return f"```text\n{begins}{name}{shown}\n```\n"


def _on_lines(parameters: Sequence[inspect.Parameter]) -> str:
    """Return a parameter a line, with the star that stands before those that are given by name."""
    lines = [_plain(str(each)) for each in parameters]
    by_name = [each.kind is each.KEYWORD_ONLY for each in parameters]
    if any(by_name):
        lines.insert(by_name.index(True), "*")
    return "(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _plain(shown: str) -> str:
    return _CHOSEN_WHEN_RUN.sub("…", _MODULES.sub("", shown))
