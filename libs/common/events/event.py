"""What every event is."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Something that happened; ``v`` is the version of its shape."""

    v: int = 1
