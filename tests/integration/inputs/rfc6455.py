"""What RFC 6455 asks of a server, as a table: bytes that a client sends, and what has to come.

Sections: 5.2 (lengths, reserved bits and opcodes), 5.1 and 5.3 (masks), 5.4 (parts), 5.5 (control
frames), 5.6 and 8.1 (UTF-8), 5.5.1, 7.1 and 7.4 (closing); 4.2, the handshake, stands with the tests.
What is chat's own is said beside it: no binary frames (1003), at most 1 MiB (1009).

``SERVED`` are sent by a client that goes on; ``CLOSED`` end the connection with a code, behind
whatever has to come before. A ``ping`` of the protocol asks whether it still lives.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from tests.integration.inputs.raw import (
    BINARY,
    CLOSE,
    CONT,
    KEY,
    NO_KEY,
    PING,
    PONG,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    close,
    frame,
)

PROTOCOL_ERROR, UNSUPPORTED, BAD_TEXT, TOO_LARGE = 1002, 1003, 1007, 1009
MIB = 1024 * 1024
ASK = b'{"type":"ping","ref":"asked"}'


def ask_of(size: int) -> bytes:
    """Return a ``ping`` of the protocol that is so many bytes long."""
    return ASK[:-1] + b',"x":"' + b"x" * (size - len(ASK) - 7) + b'"}'


def parts(payload: bytes, size: int, between: bytes = b"") -> list[bytes]:
    """Return a text in parts of so many bytes, and what stands between each two of them."""
    cut = [payload[start : start + size] for start in range(0, len(payload), size)]
    last = len(cut) - 1
    return [
        frame(TEXT if place == 0 else CONT, part, fin=place == last)
        + (between if place < last else b"")
        for place, part in enumerate(cut)
    ]


class Served(NamedTuple):
    """Bytes to which a client goes on.

    Attributes:
        sent: in pieces that leave one by one.
        pongs: the payloads of the pongs that come.
        answers: how often the ``ping`` of the protocol in it is answered.
    """

    sent: Sequence[bytes]
    pongs: Sequence[bytes] = ()
    answers: int = 0


class Closed(NamedTuple):
    """Bytes that end the connection.

    Attributes:
        sent: in pieces that leave one by one.
        code: of the close frame that comes; None where it is empty.
        pongs: the payloads of the pongs that come before.
    """

    sent: Sequence[bytes]
    code: int | None
    pongs: Sequence[bytes] = ()


SERVED = {
    # 5.2: lengths, each written in the shortest way and in the longer ones
    **{
        f"a text of {size} bytes": Served([frame(TEXT, ask_of(size))], answers=1)
        for size in (124, 125, 126, 127, 128, 65_535, 65_536)
    },
    "a text in single bytes on the wire": Served(
        [bytes((byte,)) for byte in frame(TEXT, ASK)], answers=1
    ),
    "a length cut in two": Served(
        [frame(TEXT, ask_of(300))[:3], frame(TEXT, ask_of(300))[3:]], answers=1
    ),
    "many texts at once": Served([frame(TEXT, ASK) * 50], answers=50),
    # 5.3: masks
    "a mask of zeros": Served([frame(TEXT, ASK, key=NO_KEY)], answers=1),
    "a mask of ones": Served([frame(TEXT, ASK, key=b"\xff" * 4)], answers=1),
    "another mask for each part": Served(
        [
            frame(TEXT, ASK[:9], fin=False, key=KEY),
            frame(CONT, ASK[9:], key=b"\x01\x02\x03\x04"),
        ],
        answers=1,
    ),
    # 5.4: parts
    "a text in parts": Served(parts(ASK, 7), answers=1),
    "a text in single bytes": Served(parts(ASK, 1), answers=1),
    "parts that leave together": Served([b"".join(parts(ASK, 7))], answers=1),
    "empty parts around a text": Served(
        [
            frame(TEXT, fin=False),
            frame(CONT, ASK, fin=False),
            frame(CONT, fin=False),
            frame(CONT),
        ],
        answers=1,
    ),
    "thousands of empty parts": Served(
        [frame(TEXT, ASK, fin=False), frame(CONT, fin=False) * 5000, frame(CONT)], answers=1
    ),
    "two texts in parts, one behind the other": Served(parts(ASK, 9) + parts(ASK, 5), answers=2),
    # 5.4 and 5.5: control frames between parts
    "pings between parts": Served(
        parts(ASK, 10, between=frame(PING, b"between")), pongs=[b"between"] * 2, answers=1
    ),
    "pongs between parts": Served(parts(ASK, 10, between=frame(PONG, b"unasked")), answers=1),
    # 5.5.2 and 5.5.3: pings and pongs
    "a ping": Served([frame(PING)], pongs=[b""]),
    "a ping with a payload": Served([frame(PING, b"hello")], pongs=[b"hello"]),
    "a ping with bytes that are no text": Served(
        [frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")],
        pongs=[b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"],
    ),
    "a ping of 125 bytes": Served([frame(PING, b"p" * 125)], pongs=[b"p" * 125]),
    "a ping in single bytes on the wire": Served(
        [bytes((byte,)) for byte in frame(PING, b"slowly")], pongs=[b"slowly"]
    ),
    "ten pings": Served(
        [frame(PING, b"%d" % number) for number in range(10)],
        pongs=[b"%d" % number for number in range(10)],
    ),
    "a pong that nobody asked for": Served([frame(PONG)]),
    "a pong with a payload that nobody asked for": Served([frame(PONG, b"unasked")]),
    "a pong and a ping": Served(
        [frame(PONG, b"unasked") + frame(PING, b"asked")], pongs=[b"asked"]
    ),
    # 5.6: UTF-8 that is cut anywhere
    "characters cut into their bytes": Served(
        parts(ASK[:-1] + ',"x":"κόσμε😀"}'.encode(), 1), answers=1
    ),
    "the last character and the first beyond ASCII": Served(
        [frame(TEXT, ASK[:-1] + ',"x":"\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff"}'.encode())],
        answers=1,
    ),
}

_HALF_TEXT = frame(TEXT, b"x", fin=False)
BAD_UTF8 = {
    "a byte that begins nothing": b"\x80",
    "a byte that is none": b"\xff",
    "half a character": b"\xe2\x82",
    "a character that is too long": b"\xc0\xaf",
    "NUL in two bytes": b"\xc0\x80",
    "half a surrogate pair": b"\xed\xa0\x80",
    "a surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last character": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "Latin-1": "é".encode("latin-1"),
    "UTF-16": '{"type":"ping"}'.encode("utf-16"),
}
CLOSED = {
    # 5.1: a client masks everything
    "a text without a mask": Closed([frame(TEXT, ASK, key=None)], PROTOCOL_ERROR),
    "a ping without a mask": Closed([frame(PING, b"x", key=None)], PROTOCOL_ERROR),
    "a close without a mask": Closed([frame(CLOSE, b"\x03\xe8", key=None)], PROTOCOL_ERROR),
    # 5.2: reserved bits and opcodes
    **{
        f"a text with reserved bits {rsv:#x}": Closed([frame(TEXT, ASK, rsv=rsv)], PROTOCOL_ERROR)
        for rsv in (RSV1, RSV2, RSV3, RSV1 | RSV2 | RSV3)
    },
    "a ping with a reserved bit": Closed([frame(PING, rsv=RSV1)], PROTOCOL_ERROR),
    "a close with a reserved bit": Closed([frame(CLOSE, rsv=RSV3)], PROTOCOL_ERROR),
    "a part with a reserved bit": Closed([_HALF_TEXT, frame(CONT, b"x", rsv=RSV1)], PROTOCOL_ERROR),
    **{
        f"the reserved opcode {opcode:#x}": Closed([frame(opcode, b"x")], PROTOCOL_ERROR)
        for opcode in (*range(0x3, 0x8), *range(0xB, 0x10))
    },
    "a reserved opcode between parts": Closed([_HALF_TEXT, frame(0x3)], PROTOCOL_ERROR),
    # 5.4: parts
    "a part of nothing": Closed([frame(CONT, b"x")], PROTOCOL_ERROR),
    "a first part of nothing": Closed([frame(CONT, b"x", fin=False)], PROTOCOL_ERROR),
    "a part behind the last": Closed([frame(TEXT, ASK), frame(CONT)], PROTOCOL_ERROR),
    "a text within a text": Closed([_HALF_TEXT, frame(TEXT, b"y")], PROTOCOL_ERROR),
    "a first part within a text": Closed([_HALF_TEXT, _HALF_TEXT], PROTOCOL_ERROR),
    "a binary frame within a text": Closed([_HALF_TEXT, frame(BINARY, b"y")], PROTOCOL_ERROR),
    # 5.5: control frames are short and in one part
    "a ping of 126 bytes": Closed([frame(PING, b"p" * 126)], PROTOCOL_ERROR),
    "a pong of 126 bytes": Closed([frame(PONG, b"p" * 126)], PROTOCOL_ERROR),
    "a close of 126 bytes": Closed([close(1000, b"r" * 124)], PROTOCOL_ERROR),
    "a ping in parts": Closed([frame(PING, b"p", fin=False)], PROTOCOL_ERROR),
    "a pong in parts": Closed([frame(PONG, b"p", fin=False)], PROTOCOL_ERROR),
    "a close in parts": Closed([frame(CLOSE, fin=False)], PROTOCOL_ERROR),
    "a ping before what is wrong": Closed(
        [frame(PING, b"first"), frame(0x3)], PROTOCOL_ERROR, pongs=[b"first"]
    ),
    # 5.6 and 8.1: text is UTF-8
    **{f"text: {name}": Closed([frame(TEXT, text)], BAD_TEXT) for name, text in BAD_UTF8.items()},
    **{
        f"text in parts: {name}": Closed(
            [frame(TEXT, b'{"x":"', fin=False), frame(CONT, text, fin=False), frame(CONT, b'"}')],
            BAD_TEXT,
        )
        for name, text in BAD_UTF8.items()
        if name != "half a character"
    },
    "text that ends in half a character": Closed(
        [frame(TEXT, b"\xe2", fin=False), frame(CONT, b"\x82")], BAD_TEXT
    ),
    # Both were read at once, and the close is answered first: the connection ends as was asked.
    "bad text and a close behind it": Closed([frame(TEXT, b"\xff") + close(1000)], 1000),
    "bad text and more behind it": Closed([frame(TEXT, b"\xff") + frame(TEXT, ASK) * 9], BAD_TEXT),
    # 5.5.1 and 7.4: a close is answered with its code, and nothing comes behind it
    "a close": Closed([close(1000)], 1000),
    "an empty close": Closed([close(None)], None),
    "a close with a reason": Closed([close(1000, "auf κόσμε".encode())], 1000),
    "a close with the longest reason": Closed([close(1000, b"r" * 123)], 1000),
    "a close and more behind it": Closed([close(1000) + frame(TEXT, ASK) + frame(PING)], 1000),
    "two closes": Closed([close(1000) + close(1001)], 1000),
    "a ping and a close": Closed([frame(PING, b"last") + close(1000)], 1000, pongs=[b"last"]),
    **{
        f"a close with {code}": Closed([close(code)], code)
        for code in (1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999)
    },
    **{
        f"a close with {code}, which is no code": Closed([close(code)], PROTOCOL_ERROR)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)
    },
    "a close of one byte": Closed([frame(CLOSE, b"\x03")], PROTOCOL_ERROR),
    # The close is answered, with the library's code and not with the client's.
    "a close within a text": Closed([_HALF_TEXT, close(1000)], PROTOCOL_ERROR),
    "a reason that is no text": Closed([close(1000, b"\xff")], BAD_TEXT),
    "a reason that ends in half a character": Closed([close(1000, b"r\xe2\x82")], BAD_TEXT),
    # chat's own
    "a binary frame": Closed([frame(BINARY, ASK)], UNSUPPORTED),
    "an empty binary frame": Closed([frame(BINARY)], UNSUPPORTED),
    "a binary frame in parts": Closed(
        [frame(BINARY, b"x", fin=False), frame(CONT, b"y")], UNSUPPORTED
    ),
    "a text above 1 MiB": Closed([frame(TEXT, b"x" * (MIB + 1))], TOO_LARGE),
    "a text above 1 MiB in parts": Closed(
        [frame(TEXT, b"x" * MIB, fin=False), frame(CONT, b"x")], TOO_LARGE
    ),
    "a length above 1 MiB, and no more": Closed(
        [frame(TEXT, length=struct.pack("!BQ", 127, MIB + 1))], TOO_LARGE
    ),
    "the longest length there is, and no more": Closed(
        [frame(TEXT, length=struct.pack("!BQ", 127, 2**63 - 1))], TOO_LARGE
    ),
    "the longest length that can be written": Closed(
        [frame(TEXT, length=struct.pack("!BQ", 127, 2**64 - 1))], TOO_LARGE
    ),
}
