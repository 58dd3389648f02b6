"""JSON Schemas in words: what a member may be, a table of members, and an example.

The schemas are those that msgspec makes of our structs. A reference leads to the place of that shape,
which ``labelled`` makes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any

Schema = Mapping[str, Any]
Schemas = Mapping[str, Schema]
"""By name, as references have it behind their last slash."""

UUID = "0b6e7a52-5d3c-4c0e-9a37-1f2d8c4b6e90"
TIME = "2026-01-02T03:04:05.678Z"
WORDS = {
    "client_id": UUID,
    "code": "permission_denied",
    "content": "Hello",
    "created_at": TIME,
    "at": TIME,
    "display_name": "Alice",
    "last_seen": TIME,
    "member": "user-1",
    "message": "You are not a member of this room.",
    "name": "Team",
    "preview": "Hello",
    "sender": "user-1",
    "server_time": TIME,
    "user": "user-1",
    "username": "alice",
    "Ack.id": "room-1.1",
    "Custom.name": "shop.order_paid",
    "Message.id": "room-1.1",
    "Person.id": "user-1",
    "PersonPresence.id": "user-1",
    "RoomEntry.id": "room-1",
    "RoomUpdate.id": "room-1",
}
"""What stands in an example for a string, by the name of its member, and of its shape where that matters."""
_BOUNDS = (
    ("minimum", "maximum", "{} to {}", "from {}", "at most {}"),
    (
        "minLength",
        "maxLength",
        "{} to {} characters",
        "from {} characters",
        "at most {} characters",
    ),
    ("minItems", "maxItems", "{} to {} of them", "from {} of them", "at most {} of them"),
    ("minProperties", "maxProperties", "{} to {} of them", "from {} of them", "at most {} of them"),
)


def text_of(schema: Schema) -> str:
    """Return what the docstring of a shape says."""
    return cleandoc(schema.get("description", ""))


def name_of(reference: str) -> str:
    """Return which shape a ``$ref`` leads to."""
    return reference.rpartition("/")[2]


def needed(value: object, schemas: Schemas) -> Iterator[str]:
    """Yield the name of every shape that a value refers to, and of those that these need, perhaps twice."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            name = name_of(value["$ref"])
            yield name
            yield from needed(schemas[name], schemas)
        for each in value.values():
            yield from needed(each, schemas)
    elif isinstance(value, list):
        for each in value:
            yield from needed(each, schemas)


def label_of(name: str, prefix: str) -> str:
    """Return by what links of every page find a shape: ``[…](#label)``."""
    return f"{prefix}-{name}".lower()


def labelled(level: str, name: str, prefix: str) -> str:
    """Return the heading of a shape, with its label."""
    return f"({label_of(name, prefix)})=\n{level} {name}\n"


def words(schema: Schema, prefix: str) -> str:
    """Say what a value may be.

    Args:
        schema: of the value.
        prefix: of the labels that references lead to.
    """
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return f"[{name}](#{label_of(name, prefix)})"
    if "anyOf" in schema:
        return " or ".join(words(each, prefix) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return _told(schema) or ", ".join([_kind(schema, prefix), *_bounds(schema)])


def table(schema: Schema, prefix: str, names: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a table of members, the ``type`` left out; nothing where there is none.

    Args:
        schema: of an object, or of an array that stands for one.
        prefix: of the labels that references lead to.
        names: of the members of an array, in their order.
    """
    if "prefixItems" in schema:
        always = schema.get("minItems", 0)
        members = dict(zip(names, schema["prefixItems"], strict=True))
        required = set(names[:always])
    else:
        members = {name: of for name, of in schema["properties"].items() if name != "type"}
        required = set(schema.get("required", ()))
    if not members:
        return
    yield "| member | is | may be missing |"
    yield "|---|---|---|"
    for name, member in members.items():
        missing = "" if name in required else _default(member)
        yield f"| `{name}` | {in_cell(words(member, prefix))} | {missing} |"
    yield ""


def shown(value: object) -> str:
    """Return a value as it may stand in backticks: a text without quotation marks, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def in_cell(text: str) -> str:
    """Return a text as it may stand in a cell."""
    return " ".join(text.split()).replace("|", "\\|")


def example(schema: Schema, schemas: Schemas, name: str = "") -> Any:
    """Return a value as it may be, with every member that is always there.

    Args:
        schema: of the value.
        schemas: all that it may refer to.
        name: of the member that the value is.
    """
    if "$ref" in schema:
        return example(schemas[name_of(schema["$ref"])], schemas, name)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas, name)
    if "enum" in schema:
        return schema["enum"][0]
    return _example_of_kind(schema, schemas, name)


def _example_of_kind(schema: Schema, schemas: Schemas, name: str) -> Any:
    match schema.get("type"):
        case "array":
            return [example(schema["items"], schemas, name.removesuffix("s"))]
        case "object":
            return _example_object(schema, schemas)
        case "string":
            return WORDS.get(name, f"{name}-1")
        case kind:
            return {"integer": 1, "number": 1.5, "boolean": True, None: {}}[kind]


def _example_object(schema: Schema, schemas: Schemas) -> dict[str, Any]:
    if "properties" not in schema:
        return {"room-1": example(schema["additionalProperties"], schemas, "value")}
    always = set(schema.get("required", ()))
    return {
        name: example(member, schemas, _key(schema, name))
        for name, member in schema["properties"].items()
        if name in always
    }


def _key(schema: Schema, name: str) -> str:
    key = f"{schema.get('title')}.{name}"
    return key if key in WORDS else name


def _told(schema: Schema) -> str:
    """Return what people are told who gave something else; empty where the schema has to do."""
    told: str = schema.get("description", "").removesuffix(".")
    return f"{told[:1].lower()}{told[1:]}"


def _kind(schema: Schema, prefix: str) -> str:
    kind: str = schema.get("type", "any JSON")
    if "prefixItems" in schema:
        return f"[{', '.join(words(each, prefix) for each in schema['prefixItems'])}]"
    if kind == "array":
        return f"list of: {words(schema['items'], prefix)}" if "items" in schema else "list"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"object, its values: {words(values, prefix)}" if values else "object"
    if "format" in schema:
        return f"{kind} ({schema['format']})"
    return kind


def _bounds(schema: Schema) -> Iterator[str]:
    for lowest, highest, both, from_, to in _BOUNDS:
        low, high = schema.get(lowest), schema.get(highest)
        if low is not None and high is not None:
            yield both.format(low, high)
        elif (lowest, low) == ("minLength", 1):
            yield "not empty"
        elif low is not None:
            yield from_.format(low)
        elif high is not None:
            yield to.format(high)
    if "exclusiveMinimum" in schema:
        yield f"above {schema['exclusiveMinimum']}"
    if "pattern" in schema:
        yield f"like `{schema['pattern']}`"


def _default(schema: Schema) -> str:
    return f"yes: `{shown(schema['default'])}`" if "default" in schema else "yes"
