"""Push a custom frame to a user of Parley from a Django process of your own.

This one file is all of it: copy it into your project. It needs ``channels``, ``channels_redis``,
and a channel layer that leads to Parley's Redis::

    CHANNEL_LAYERS = {
        "parley": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://parley-push:password@host:6379/0"], "prefix": "parley"},
        },
    }

A push arrives *at most once*: it is sent to the sockets that are open at this moment and kept
nowhere. Nobody tells whether anybody got it. So let it say "look again", and never be the only
place where something stands.
"""

import asyncio
import json
import re
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

GROUP = "parley.control"
DATA_BYTES = 32 * 1024
"""Longest data, as JSON in UTF-8."""
NAME_PATTERN = r"\A[a-z0-9_-]{1,64}\.[a-z0-9_-]{1,64}\Z"
RESERVED_NAMESPACE = "parley."
SEND_WITHIN_S = 2.0
"""How long a push waits for Redis before it raises."""
LAYER = "parley"
"""The name in ``CHANNEL_LAYERS`` that is taken where nothing else is said."""


class PushFailed(Exception):
    """Redis did not take the push. It was perhaps sent all the same."""


def push_to_user(user_id: str | UUID, name: str, data: Any, *, layer: str = LAYER) -> None:
    """Send ``{"type": "custom", "name": name, "data": data}`` to every open chat of a user.

    Not for coroutines, which await ``apush_to_user``. Each call connects to Redis anew: who pushes
    to many people does it from one coroutine.

    Args:
        user_id: the id that the user has at Parley, a UUID.
        name: ``<namespace>.<name>``, of lower-case letters, digits, ``_`` and ``-``. Take your
            project's name as the namespace; ``parley`` is reserved.
        data: anything that JSON can say, 32 KiB at most.
        layer: the name of the channel layer in ``CHANNEL_LAYERS``.

    Raises:
        ValueError: the id, the name or the data are not such.
        PushFailed: Redis did not take it within 2 s.
    """
    async_to_sync(apush_to_user)(user_id, name, data, layer=layer)


async def apush_to_user(user_id: str | UUID, name: str, data: Any, *, layer: str = LAYER) -> None:
    """Do what ``push_to_user`` does, from a coroutine; the connection is kept for the next time.

    Raises:
        ValueError: the id, the name or the data are not such.
        PushFailed: Redis did not take it within 2 s.
    """
    message = _message(user_id, name, data)
    channel_layer = get_channel_layer(layer)
    if channel_layer is None:
        raise ValueError(f"CHANNEL_LAYERS has no {layer!r}")
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            await channel_layer.group_send(GROUP, message)
    except Exception as error:
        raise PushFailed(f"{type(error).__name__}: {error}") from error


def _message(user_id: str | UUID, name: object, data: Any) -> dict[str, str]:
    if not isinstance(name, str) or not re.search(NAME_PATTERN, name):
        raise ValueError(f"{name!r} is no <namespace>.<name> of a-z, 0-9, _ and -")
    if name.startswith(RESERVED_NAMESPACE):
        raise ValueError("the namespace 'parley' is reserved")
    return {"type": "custom", "user": _user(user_id), "name": name, "data": _text(data)}


def _user(user_id: str | UUID) -> str:
    try:
        return str(UUID(str(user_id)))
    except ValueError:
        raise ValueError(f"{user_id!r} is no UUID") from None


def _text(data: Any) -> str:
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the data cannot be said in JSON: {error}") from error
    if size > DATA_BYTES:
        raise ValueError(f"the data have {size} bytes as JSON, {DATA_BYTES} at most")
    return text
