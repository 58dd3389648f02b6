"""A header that is made by hand is the one that the library makes."""

import pytest
from websockets.frames import Frame, Opcode

from services.chat.wire import text_header


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 524_288])
def test_a_frame_of_any_length_is_what_the_library_writes(size):
    payload = b"a" * size

    written = text_header(size) + payload

    assert written == Frame(Opcode.TEXT, payload).serialize(mask=False)
