"""Frames that clients send, and the one place where their text becomes values.

The happy road is a single decode. Only a text that fails it is looked at again, slowly, to say
which error it is and what is wrong with each member.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from libs.common.errors import BadFrame, BadJson, ParleyError, TooLarge, UnsupportedType
from libs.common.messages import MAX_SEQ, ClientId, Content, Seq, check_content
from libs.common.shapes import wrong_members

FRAME_BYTES = 64 * 1024
"""Longest frame of a client, in bytes of UTF-8."""
SYNC_ROOMS = 200
"""Most rooms in one ``sync``."""
REF_CHARS = 64

# A description is what people are told where a member is not like that.
Cursor = Annotated[int, Meta(ge=0, le=MAX_SEQ, description="An integer from 0 to 2^53-1.")]
Ref = Annotated[
    str, Meta(max_length=REF_CHARS, description=f"A string of at most {REF_CHARS} characters.")
]


class ClientFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every frame of a client may carry: ``ref`` comes back in the answer."""

    ref: Ref | None = None


class SendMessage(ClientFrame, frozen=True, kw_only=True, tag="message"):
    """Write a message. ``client_id`` is made before the first try and kept for ever."""

    room: str
    client_id: ClientId
    content: Content
    reply_to: Seq | None = None


class RetryMessage(ClientFrame, frozen=True, kw_only=True, tag="retry"):
    """Write a message again that may have arrived: the same client_id, the same seq."""

    room: str
    client_id: ClientId
    content: Content
    attempt: Annotated[int, Meta(ge=1, le=3)]
    reply_to: Seq | None = None


class Delivered(ClientFrame, frozen=True, kw_only=True, tag="delivered"):
    """This device holds everything of the room up to ``seq``."""

    room: str
    seq: Seq


class ReadReceipt(ClientFrame, frozen=True, kw_only=True, tag="read_receipt"):
    """Everything of the room up to ``seq`` was seen."""

    room: str
    seq: Seq


class Typing(ClientFrame, frozen=True, kw_only=True, tag="typing"):
    """The user types, or stopped."""

    room: str
    is_typing: bool


class Activity(ClientFrame, frozen=True, kw_only=True, tag="activity"):
    """The user looks at the client, or does not."""

    state: Literal["active", "away"]


class Sync(ClientFrame, frozen=True, kw_only=True, tag="sync"):
    """Ask for what is missing above each room's highest contiguous seq."""

    cursors: Annotated[dict[str, Cursor], Meta(max_length=SYNC_ROOMS)]


class Ping(ClientFrame, frozen=True, kw_only=True, tag="ping"):
    """Ask for a sign of life."""


AnyClientFrame = (
    SendMessage | RetryMessage | Delivered | ReadReceipt | Typing | Activity | Sync | Ping
)

_decoder: msgspec.json.Decoder[AnyClientFrame] = msgspec.json.Decoder(AnyClientFrame)
_types: Mapping[str, type[ClientFrame]] = {
    str(frame.__struct_config__.tag): frame for frame in get_args(AnyClientFrame)
}


class Refused(Exception):
    """A text that is no frame, with what its answer repeats.

    Attributes:
        error: the error of the answer.
        ref: the frame's ``ref``, where one could be read.
        client_id: likewise.
    """

    def __init__(self, error: ParleyError, *, ref: str | None, client_id: str | None) -> None:
        self.error = error
        self.ref = ref
        self.client_id = client_id
        super().__init__(error.message)


def parse(text: str) -> AnyClientFrame:
    """Read one frame.

    Raises:
        Refused: with ``too_large``, ``bad_json``, ``unsupported_type`` or ``bad_frame``.
    """
    if len(text) * 4 > FRAME_BYTES and len(text.encode(errors="replace")) > FRAME_BYTES:
        raise Refused(TooLarge(), ref=None, client_id=None)
    try:
        frame = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise _refusal(text) from None
    if isinstance(frame, SendMessage | RetryMessage):
        try:
            check_content(frame.content)
        except BadFrame as error:
            raise Refused(error, ref=frame.ref, client_id=frame.client_id) from None
    return frame


def _refusal(text: str) -> Refused:
    """Find out what is wrong with a text that did not decode."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return Refused(BadJson(), ref=None, client_id=None)
    if not isinstance(value, dict):
        return Refused(BadFrame("A frame is a JSON object."), ref=None, client_id=None)
    return Refused(
        _what_is_wrong(value),
        ref=_readable(value.get("ref"), REF_CHARS),
        client_id=_readable(value.get("client_id"), REF_CHARS),
    )


def _what_is_wrong(value: dict[str, Any]) -> ParleyError:
    if "type" not in value:
        return BadFrame(fields={"type": ["This member is required."]})
    if not isinstance(value["type"], str):
        return BadFrame(fields={"type": ["Expected `str`."]})
    frame_type = _types.get(value["type"])
    if frame_type is None:
        return UnsupportedType()
    return BadFrame(fields=wrong_members(frame_type, value))


def _readable(value: object, chars: int) -> str | None:
    return value if isinstance(value, str) and len(value) <= chars else None
