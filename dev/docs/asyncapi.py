"""The AsyncAPI document of the WebSockets: ``python -m dev.docs.asyncapi`` writes asyncapi.json.

It is made of the structs of ``services.chat.frames``, as everything that clients are told of them.
What the structs do not say is said here: which frames belong to the smaller of the two sockets.
Source: AsyncAPI 3.0.0.
"""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from dev.docs import shapes
from dev.docs.constants import documented
from dev.settings import ROOT
from libs.common.tokens import ACCESS_COOKIE
from services.chat.domain import closing
from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame

VERSION = "3.0.0"
SIDES: Mapping[str, Any] = {"client": AnyClientFrame, "server": AnyServerFrame}
"""Who sends the frames of a union."""
ON_NOTIFICATIONS = frozenset(
    {"ping", "activity", "welcome", "notification", "reconnect", "pong", "error"}
)
"""Frames of ``/ws/notifications/``, of both sides."""
NOT_ON_CHAT = frozenset({"notification"})
CHANNELS = {
    "chat": ("/ws/chat/", "All rooms of a person over one socket."),
    "notifications": ("/ws/notifications/", "Summaries only, for a badge on other pages."),
}
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Comes first where several are present.",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "Of `POST /api/chat/auth/ticket`: once, and within 30 s.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": ACCESS_COOKIE,
        "description": "With an `Origin` that is allowed.",
    },
}


def main(path: str = "asyncapi.json") -> None:
    """Write the document."""
    text = json.dumps(document(), indent=2, ensure_ascii=False)
    Path(path).write_text(f"{text}\n", encoding="utf-8")


def document() -> dict[str, Any]:
    """Return the document."""
    product = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Parley",
            "version": product["version"],
            "description": "Frames are JSON text, one object each, told apart by `type`.",
            "license": {"name": product["license"]},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8000",
                "protocol": "ws",
                "description": "Where `make up` serves; `wss` for people.",
                "security": [_to("components", "securitySchemes", name) for name in SECURITY],
            }
        },
        "channels": {name: _channel(name) for name in CHANNELS},
        "operations": {
            f"{name}.{verb}": _operation(name, side, action)
            for name in CHANNELS
            for side, verb, action in (("client", "take", "receive"), ("server", "tell", "send"))
        },
        "components": {
            "messages": {_key(side, tag): _message(side, tag) for side, tag in frames()},
            "schemas": {
                _key(side, name): schema
                for side in SIDES
                for name, schema in schemas(
                    side, "#/components/schemas/" + _key(side, "{name}")
                ).items()
            },
            "securitySchemes": SECURITY,
        },
    }


def frames() -> Iterator[tuple[str, str]]:
    """Yield who sends it, and its type, of every frame."""
    for side, union in SIDES.items():
        for frame in get_args(union):
            yield side, str(frame.__struct_config__.tag)


def name_of(side: str, tag: str) -> str:
    """Return the name of the struct of a frame."""
    (found,) = [one for one in get_args(SIDES[side]) if one.__struct_config__.tag == tag]
    return str(found.__name__)


def schemas(side: str, reference: str = "#/{name}") -> dict[str, Any]:
    """Return the schemas of the frames of a side, and of all that they hold."""
    _, found = msgspec.json.schema_components([SIDES[side]], ref_template=reference)
    return {name: schema | _told(schema) for name, schema in found.items()}


def is_on(channel: str, tag: str) -> bool:
    """Say whether frames of this type belong to a channel."""
    return tag in ON_NOTIFICATIONS if channel == "notifications" else tag not in NOT_ON_CHAT


def close_codes() -> list[dict[str, Any]]:
    """Return with which codes chat closes a socket, and why; AsyncAPI has no word for that."""
    return [
        {"code": code, "name": name.lower(), "description": text}
        for name, code, text in documented(closing)
    ]


def _channel(name: str) -> dict[str, Any]:
    address, description = CHANNELS[name]
    return {
        "address": address,
        "description": description,
        "messages": {
            _key(side, tag): _to("components", "messages", _key(side, tag))
            for side, tag in frames()
            if is_on(name, tag)
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": close_codes(),
    }


def _operation(channel: str, side: str, action: str) -> dict[str, Any]:
    """Return what the server does with the frames of one side."""
    return {
        "action": action,
        "channel": _to("channels", channel),
        "messages": [
            _to("channels", channel, "messages", _key(of, tag))
            for of, tag in frames()
            if of == side and is_on(channel, tag)
        ],
    }


def _message(side: str, tag: str) -> dict[str, Any]:
    found = schemas(side)
    name = name_of(side, tag)
    text = shapes.text_of(found[name])
    return {
        "name": tag,
        "title": name,
        "summary": text.partition("\n")[0],
        "description": text,
        "payload": _to("components", "schemas", _key(side, name)),
        "examples": [{"payload": shapes.example(found[name], found)}],
    }


def _told(schema: Mapping[str, Any]) -> dict[str, str]:
    return {"description": shapes.text_of(schema)} if "description" in schema else {}


def _key(side: str, name: str) -> str:
    """Return the name of a frame or shape among those of both sides, of which some are alike."""
    return f"{side}.{name}"


def _to(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}


if __name__ == "__main__":
    main(*sys.argv[1:])
