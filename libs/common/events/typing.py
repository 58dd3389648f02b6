"""Who types."""

import msgspec

from libs.common.events.event import Event


class TypingNews(msgspec.Struct, frozen=True, array_like=True):
    """Whether somebody types in a room, in one of their sessions."""

    room: str
    user: str
    session: str
    is_typing: bool


class TypingChanged(Event, frozen=True, kw_only=True, tag="typing.changed"):
    """People began to type, still do, or stopped."""

    news: list[TypingNews]
