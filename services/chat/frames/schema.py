"""The JSON Schemas of all frames, for those who make types or documents out of them.

``python -m services.chat.frames.schema`` prints them; it needs no settings. ``client`` and
``server`` are two unions: both sides have a ``Typing``, and they differ.
"""

import sys
from typing import Any

import msgspec

from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame


def schemas() -> dict[str, Any]:
    """Return ``{"client": schema, "server": schema}``, each with its definitions in ``$defs``."""
    return {
        "client": msgspec.json.schema(AnyClientFrame),
        "server": msgspec.json.schema(AnyServerFrame),
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(schemas())) + b"\n")
