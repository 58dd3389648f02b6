"""The two ways to a socket: uvicorn's transport itself, or any ASGI server's ``send``."""

from typing import Any

from services.chat.wire.over_asgi import HIGH_WATER_CHARS, AsgiWire, Send
from services.chat.wire.over_uvicorn import (
    BAD_REQUEST,
    EXTENSION,
    MOST_PARTS,
    SILENT_PINGS,
    UPGRADE_REQUIRED,
    UvicornWire,
    text_header,
)

__all__ = [
    "BAD_REQUEST",
    "EXTENSION",
    "HIGH_WATER_CHARS",
    "MOST_PARTS",
    "SILENT_PINGS",
    "UPGRADE_REQUIRED",
    "AsgiWire",
    "UvicornWire",
    "text_header",
    "wire_for",
]


def wire_for(scope: Any, send: Send) -> UvicornWire | AsgiWire:
    """Return the shortest way to the socket that this scope belongs to."""
    lent: UvicornWire | None = scope.get("extensions", {}).get(EXTENSION)
    return AsgiWire(send) if lent is None else lent
