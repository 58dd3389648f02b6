"""The page of all events, made of their structs."""

from collections.abc import Iterator
from typing import get_args

import msgspec

from dev.docs import shapes
from dev.docs.docstrings import prose
from libs.common import events

HEAD = """# Shapes of events

Every event that services tell each other, as the structs in `libs/common/events` have them.
[Events and streams](../events.md) says who tells them, when, and what they lead to. What is *an
array of* its members stands on the wire without their names.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_body()])


def _body() -> Iterator[str]:
    _, found = msgspec.json.schema_components([events.AnyEvent], ref_template="#/{name}")
    tags = {event.__name__: event.__struct_config__.tag for event in get_args(events.AnyEvent)}
    yield "## The events\n"
    for name, tag in tags.items():
        yield f"({shapes.label_of(name, 'event')})=\n### `{tag}`\n"
        yield from _shape(name, found[name])
    yield "## What they hold\n"
    for name in found:
        if name not in tags:
            yield shapes.labelled("###", name, "event")
            yield from _shape(name, found[name])


def _shape(name: str, schema: shapes.Schema) -> Iterator[str]:
    fields = [field.encode_name for field in msgspec.structs.fields(getattr(events, name))]
    if "prefixItems" in schema:
        yield "An array of its members.\n"
    yield f"{prose(shapes.text_of(schema))}\n"
    yield from shapes.table(schema, "event", fields)
