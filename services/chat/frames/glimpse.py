"""The few members of a ``message`` frame that are needed of one that is encoded already."""

import functools

import msgspec


class Glimpse(msgspec.Struct, frozen=True, kw_only=True):
    """What to know of a message without being its reader."""

    room: str
    content: str


_decoder = msgspec.json.Decoder(Glimpse)


@functools.lru_cache(maxsize=16)
def glimpse(text: str) -> Glimpse:
    """Read a ``message`` frame of ours; once, also where many listeners get the same text."""
    return _decoder.decode(text)
