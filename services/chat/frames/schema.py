"""The JSON Schemas of all frames, for those who make types or documents out of them.

``python -m services.chat.frames.schema`` prints them, and beside them the table of the states of a
message; it needs no settings. ``client`` and ``server`` are two unions: both sides have a
``Typing``, and they differ.
"""

import sys
from typing import Any

import msgspec

from services.chat.domain.status import LOOKS
from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame


def schemas() -> dict[str, Any]:
    """Return ``{"client": schema, "server": schema}``, each with its definitions in ``$defs``."""
    return {
        "client": msgspec.json.schema(AnyClientFrame),
        "server": msgspec.json.schema(AnyServerFrame),
    }


if __name__ == "__main__":
    printed = schemas() | {"statuses": LOOKS}
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(printed)) + b"\n")
