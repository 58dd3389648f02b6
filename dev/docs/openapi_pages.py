"""A page of the HTTP API of each service, made of its own OpenAPI document; Django has to be set up."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from dev.docs import shapes
from dev.docs.docstrings import prose
from libs.common.http.api import ServiceAPI

HEAD = """# HTTP API of {service}

{description} The [protocol](../protocol.md#http) says what holds for all services; a service that runs
serves this document at `/api/{service}/openapi.json`: [openapi-{service}.json](openapi-{service}.json).
"""
ERROR = "default"


def document(service: str) -> dict[str, Any]:
    """Return the OpenAPI document of a service, with the shapes that its own operations need.

    A process of the service knows no others; here all of them are in one.
    """
    api: ServiceAPI = importlib.import_module(f"services.{service}.api.app").api
    found = dict(api.get_openapi_schema(path_prefix=f"/api/{service}/"))
    shapes_of_all = found["components"]["schemas"]
    needed = set(shapes.needed(found["paths"], shapes_of_all))
    own = {name: schema for name, schema in shapes_of_all.items() if name in needed}
    return found | {"components": found["components"] | {"schemas": own}}


def page(service: str) -> str:
    """Return the page of a service."""
    found = document(service)
    head = HEAD.format(service=service, description=found["info"]["description"])
    return "\n".join([head, *_operations(found, service), *_shapes(found, service)])


def _operations(found: Mapping[str, Any], service: str) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            tag = next(iter(operation.get("tags", ())), "others")
            by_tag.setdefault(tag, []).extend(_operation(path, method, operation, service))
    for tag, lines in by_tag.items():
        yield f"## {tag.capitalize()}\n"
        yield from lines


def _operation(path: str, method: str, operation: Mapping[str, Any], service: str) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`\n"
    yield f"{prose(operation['description'])}\n"
    if not operation.get("security"):
        yield "Open to everybody.\n"
    yield from _parameters(operation.get("parameters", ()), service)
    if body := operation.get("requestBody"):
        yield f"**Body:** {_contents(body['content'], service)}\n"
    for status, answer in operation["responses"].items():
        if status != ERROR:
            told = _contents(answer.get("content", {}), service)
            yield f"**{status}:** {told or answer['description'].lower()}\n"


def _parameters(parameters: Any, service: str) -> Iterator[str]:
    if not parameters:
        return
    yield "| parameter | in | is | may be missing |"
    yield "|---|---|---|---|"
    for one in parameters:
        missing = "" if one.get("required") else "yes"
        kind = shapes.in_cell(shapes.words(one["schema"], service))
        yield f"| `{one['name']}` | {one['in']} | {kind} | {missing} |"
    yield ""


def _contents(content: Mapping[str, Any], service: str) -> str:
    return ", or ".join(
        f"{shapes.words(one.get('schema', {}), service)} (`{media_type}`)"
        for media_type, one in content.items()
    )


def _shapes(found: Mapping[str, Any], service: str) -> Iterator[str]:
    yield "## Shapes\n"
    for name, schema in found["components"]["schemas"].items():
        yield shapes.labelled("###", name, service)
        yield f"{prose(shapes.text_of(schema))}\n"
        if "properties" in schema:
            yield from shapes.table(schema, service)
