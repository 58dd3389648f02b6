import gzip
import random
import struct
import zlib

import pytest
from PIL import Image

from libs.common.errors import BadFrame
from services.chat.domain.pictures import (
    KEPT_BYTES,
    MOST_PX,
    SENT_BYTES,
    SIDE_PX,
    VERSION_CHARS,
    picture_of,
)
from tests.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    banded,
    is_like,
    marked,
    oriented,
    painted,
    read,
    written,
)

FORMATS = ("PNG", "JPEG", "WEBP")
MIDDLE = (SIDE_PX // 2, SIDE_PX // 2)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
LARGEST_WEBP = "5249464620000000574542505650384c140000002ffebfff0f075081540820000a9afec78888fe07"
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"


def noise(size=(SIDE_PX, SIDE_PX), seed=1):
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)  # noqa: S311 - no secret
    return Image.frombytes("RGB", size, bytes(255 * (each > 127) for each in pixels))


def bomb(width, height):
    """Return a PNG of that many black pixels, which is a few bytes for each of its rows."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = zlib.compress(bytes((1 + width // 8) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return PNG_BEGINS + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_becomes_a_small_square_of_webp(kind):
    kept = picture_of(written(banded(), kind))

    shown = read(kept.content)
    assert (shown.format, shown.size, shown.mode) == ("WEBP", (SIDE_PX, SIDE_PX), "RGB")
    assert len(kept.version) == VERSION_CHARS


@pytest.mark.parametrize("size", [(600, 300), (2000, 1000), (301, 150)])
def test_its_middle_is_kept(size):
    shown = read(picture_of(written(banded(size))).content)

    corners = [(3, 3), (252, 3), (3, 252), (252, 252), MIDDLE]
    assert all(is_like(shown.getpixel(each), GREEN) for each in corners)


@pytest.mark.parametrize(
    ("mode", "color", "seen"),
    [
        ("1", 1, WHITE),
        ("L", 200, (200, 200, 200)),
        ("P", 0, (0, 0, 0)),
        ("RGBA", (*BLUE, 255), BLUE),
        ("RGBA", (*BLUE, 0), WHITE),
        ("LA", (0, 0), WHITE),
        ("I;16", 200 * 256, (200, 200, 200)),
    ],
)
def test_every_kind_of_color_is_taken_and_what_is_transparent_is_white(mode, color, seen):
    shown = read(picture_of(written(painted(color, mode=mode))).content)

    assert is_like(shown.getpixel(MIDDLE), seen)


def test_a_jpeg_for_printers_is_taken():
    shown = read(picture_of(written(painted(RED).convert("CMYK"), "JPEG")).content)

    assert is_like(shown.getpixel(MIDDLE), RED)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, 0), (2, 1), (3, 2), (4, 3), (5, 0), (6, 1), (7, 2), (8, 3)],
)
def test_a_picture_is_turned_as_its_camera_was(kind, orientation, corner):
    """The marked corner goes clockwise: 0 is above left, 2 is below right."""
    kept = picture_of(written(marked(), kind, exif=oriented(orientation), quality=95))

    shown = read(kept.content)
    corners = [(64, 64), (192, 64), (192, 192), (64, 192)]
    assert [is_like(shown.getpixel(each), BLUE) for each in corners] == [
        place == corner for place in range(4)
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_of_what_came_is_kept_beside_pixels(kind):
    options = {"exif": oriented(6), "icc_profile": b"a profile" * 20, "xmp": b"<x>somewhere</x>"}
    sent = written(banded(), kind, **options)

    kept = picture_of(sent)

    shown = read(kept.content)
    assert b"a camera" in sent
    assert not any(sign in kept.content for sign in (b"EXIF", b"XMP ", b"ICCP", b"a camera"))
    assert (dict(shown.getexif()), shown.info.keys() & {"exif", "xmp", "icc_profile"}) == (
        {},
        set(),
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_kept(kind):
    sent = written(painted(RED), kind, save_all=True, append_images=[painted(BLUE)], duration=100)

    shown = read(picture_of(sent).content)

    assert getattr(read(sent), "n_frames", 1) == 2
    assert is_like(shown.getpixel(MIDDLE), RED)
    assert getattr(shown, "n_frames", 1) == 1


@pytest.mark.parametrize("image", [noise(), noise((900, 700)), painted(size=(1, 1))])
def test_what_is_kept_is_short_whatever_came(image):
    assert len(picture_of(written(image)).content) <= KEPT_BYTES


def test_the_same_picture_has_the_same_version_and_another_one_another():
    one, again, other = (picture_of(written(painted(each))) for each in (RED, RED, BLUE))

    assert one == again
    assert one.version != other.version


def test_a_picture_of_the_most_pixels_is_taken():
    assert picture_of(bomb(MOST_PX, MOST_PX)).content


@pytest.mark.parametrize(
    "size", [(MOST_PX + 1, 1), (1, MOST_PX + 1), (MOST_PX + 1, MOST_PX + 1), (30_000, 30_000)]
)
def test_more_pixels_are_refused_before_they_are_made(size):
    sent = bomb(*size)

    with pytest.raises(BadFrame) as refused:
        picture_of(sent)

    assert len(sent) < SENT_BYTES
    assert refused.value.fields == {"avatar": [f"At most {MOST_PX} by {MOST_PX} pixels are taken."]}


def test_so_are_those_of_webp_which_takes_40_bytes_for_them():
    sent = bytes.fromhex(LARGEST_WEBP)

    with pytest.raises(BadFrame) as refused:
        picture_of(sent)

    assert "pixels" in refused.value.fields["avatar"][0]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0",
        SVG,
        HTML,
        PNG_BEGINS,
        PNG_BEGINS + SVG,
        PNG_BEGINS + HTML,
        b"\xff\xd8\xff\xe0" + HTML,
        b"RIFF\x40\0\0\0WEBP" + HTML,
        gzip.compress(SVG),
        written(painted(), "GIF"),
        written(painted(), "BMP"),
        written(painted(), "TIFF"),
        written(painted(), "PPM"),
        written(painted(), "ICO"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"%PDF-1.4\n",
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_anything_else_is_refused_whatever_it_says_of_itself(sent):
    with pytest.raises(BadFrame) as refused:
        picture_of(sent)

    assert refused.value.fields == {
        "avatar": ["This is no whole picture. PNG, JPEG and WebP are taken."]
    }


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_picture_is_refused(kind, share):
    sent = written(noise(), kind)

    with pytest.raises(BadFrame):
        picture_of(sent[: int(len(sent) * share)])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_whatever_comes_is_made_a_picture_or_refused():
    rng = random.Random(1)  # noqa: S311 - no secret
    good = [written(noise((60, 40)), kind, exif=oriented(6)) for kind in FORMATS]
    good.append(written(noise((60, 40)).convert("P"), transparency=3))
    refused = 0

    for _ in range(600):
        sent = bytearray(rng.choice(good))
        for _ in range(rng.choice((1, 2, 8))):
            sent[rng.randrange(min(len(sent), rng.choice((64, 400, 9999))))] = rng.randrange(256)
        try:
            picture_of(bytes(sent))
        except BadFrame:
            refused += 1

    assert 0 < refused < 600
