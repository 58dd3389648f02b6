"""The page of all frames, made of their structs."""

import json
from collections.abc import Iterator

from dev.docs import asyncapi, shapes
from dev.docs.docstrings import prose

HEAD = """# Frames

Every frame of the two WebSockets, as the structs in `services/chat/frames` have them; the
[protocol](../protocol.md) says what they mean together. Examples have the members that are always
there. The same as an AsyncAPI document, for tools: [asyncapi.json](asyncapi.json).
"""
SENT_BY = {"client": "What clients send", "server": "What the server sends"}


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_body()])


def _body() -> Iterator[str]:
    for side, heading in SENT_BY.items():
        yield f"## {heading}\n"
        for of, tag in asyncapi.frames():
            if of == side:
                yield from _frame(side, tag)
    for side in SENT_BY:
        frames = {asyncapi.name_of(of, tag) for of, tag in asyncapi.frames() if of == side}
        found = asyncapi.schemas(side)
        held = [name for name in found if name not in frames]
        if held:
            yield f"## What frames of the {side} hold\n"
        for name in held:
            yield shapes.labelled("###", name, side)
            yield f"{prose(shapes.text_of(found[name]))}\n"
            yield from shapes.table(found[name], side)


def _frame(side: str, tag: str) -> Iterator[str]:
    found = asyncapi.schemas(side)
    name = asyncapi.name_of(side, tag)
    where = [
        f"`{address}`"
        for channel, (address, _) in asyncapi.CHANNELS.items()
        if asyncapi.is_on(channel, tag)
    ]
    yield f"({shapes.label_of(name, side)})="
    yield f"### `{tag}` of the {side}\n"
    yield f"{prose(shapes.text_of(found[name]))}\n"
    yield f"On {' and '.join(where)}.\n"
    yield from shapes.table(found[name], side)
    text = json.dumps(shapes.example(found[name], found), indent=2, ensure_ascii=False)
    yield f"```json\n{text}\n```\n"
