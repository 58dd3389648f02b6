"""What goes over the channel layer: signals of control to every process, and pushes to people.

All of it goes to one group, to which every process that holds sockets listens; each filters by its
own sessions. Nothing of it is kept: who does not listen at that moment never learns of it, so a
signal may only hasten what the database and the streams bring about anyway.

On the layer a signal is a dict with its ``type``. The data of a push travel as JSON *text*: what
MessagePack would make of them (64-bit numbers, bytes) is not what a client could be sent.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec

GROUP = "parley.control"
"""The one group. With the layer's prefix ``parley`` it is ``parley__group__parley.control``."""

PROBE: Mapping[str, Any] = {"type": "probe"}
"""What listeners send to hear whether the group still reaches them; it means nothing else."""

MOST_SIDS = 1000
"""Most sign-ins of one signal; who ends more sends several."""
DATA_BYTES = 32 * 1024
"""Longest data of a push, as UTF-8: far below what a socket lets wait (1 MiB)."""
NAME_PATTERN = r"\A[a-z0-9_-]{1,64}\.[a-z0-9_-]{1,64}\Z"
"""``<namespace>.<name>``; the namespace keeps the pushes of several programs apart."""
RESERVED_NAMESPACE = "parley."
"""No program but ours may push under it; nothing does yet."""


LAYER_PREFIX = "parley"
LAYER_TIMEOUT_S = 0.5
"""Longest silence of Redis, and longest connecting, that the layer bears."""


def channel_layer(redis_url: str) -> Mapping[str, Any]:
    """Return one entry of Django's ``CHANNEL_LAYERS``."""
    host = {
        "address": redis_url,
        "socket_timeout": LAYER_TIMEOUT_S,
        "socket_connect_timeout": LAYER_TIMEOUT_S,
        "socket_keepalive": True,
        # As for the other clients: connecting costs one round trip instead of four.
        "protocol": 2,
        "driver_info": None,
    }
    return {
        "BACKEND": "libs.common.patient_layer.PatientLayer",
        "CONFIG": {"hosts": [host], "prefix": LAYER_PREFIX},
    }


class BadSignal(ValueError):
    """Not a signal, or not one that this version knows; the text says why, and holds no data."""


class Revoked(msgspec.Struct, frozen=True, kw_only=True, tag="revoked"):
    """These sign-ins of a user ended, for good."""

    user: UUID
    sids: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=MOST_SIDS)]


class Pushed(msgspec.Struct, frozen=True, kw_only=True, tag="custom"):
    """Other code has something for a user; ``data`` is JSON text."""

    user: UUID
    name: Annotated[str, msgspec.Meta(pattern=NAME_PATTERN)]
    data: str

    def value(self) -> Any:
        """Return the data.

        Raises:
            BadSignal: they are too large, or no JSON.
        """
        size = len(self.data.encode(errors="surrogatepass"))
        if size > DATA_BYTES:
            raise BadSignal(f"the data have {size} bytes, {DATA_BYTES} at most")
        try:
            return msgspec.json.decode(self.data)
        except (ValueError, RecursionError) as error:
            raise BadSignal(f"the data are no JSON ({type(error).__name__})") from None


Signal = Revoked | Pushed


def to_layer(signal: Signal) -> dict[str, Any]:
    """Return what ``group_send`` takes."""
    return {"type": signal.__struct_config__.tag, **msgspec.to_builtins(signal)}


def from_layer(message: object) -> Signal:
    """Return the signal that came over the layer. Members that it does not know are ignored.

    Raises:
        BadSignal: it is none, or its members are not what they should be.
    """
    if not isinstance(message, Mapping):
        raise BadSignal(f"a {type(message).__name__} instead of a dict")
    try:
        signal: Signal = msgspec.convert(message, Signal)
    except msgspec.ValidationError as error:
        raise BadSignal(str(error)) from None
    if isinstance(signal, Pushed) and signal.name.startswith(RESERVED_NAMESPACE):
        raise BadSignal("the namespace is reserved")
    return signal
