"""The page of error codes and close codes, made of the classes and constants themselves."""

from collections.abc import Iterator

from dev.docs import shapes
from dev.docs.constants import documented
from libs.common import errors
from services.chat.domain import closing

HEAD = """# Codes

What the code itself says of its errors and of the ends of a WebSocket. What a client is to do about each
stands in the [protocol](../protocol.md#error-codes), and which codes the server below chat closes with.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_errors(), *_close_codes()])


def error_kinds(
    kind: type[errors.ParleyError] = errors.ParleyError,
) -> Iterator[type[errors.ParleyError]]:
    """Yield every error of the tree that a client may see, each code once."""
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from error_kinds(below)


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "| code | HTTP | again | means | its message, where there is no better one |"
    yield "|---|---|---|---|---|"
    for kind in error_kinds():
        cells = (
            f"`{kind.code}`",
            str(kind.http_status),
            "yes" if kind.retriable else "no",
            shapes.in_cell(kind.__doc__ or ""),
            shapes.in_cell(kind.default_message),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _close_codes() -> Iterator[str]:
    yield "## Close codes of chat\n"
    yield "| code | name | means |"
    yield "|---|---|---|"
    for name, code, text in documented(closing):
        yield f"| {code} | `{name}` | {shapes.in_cell(text)} |"
    yield ""
