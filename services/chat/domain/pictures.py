"""Pictures of people: whatever somebody sends becomes a small square of pixels, and nothing else.

What it is, is seen by its bytes, never by what a header says. How large it is, is known before a
pixel is made. Of what came nothing is kept: no EXIF, no place where it was taken, no second frame.
"""

import hashlib
import struct
import warnings
import zlib
from io import BytesIO

import msgspec
from PIL import ExifTags, Image

from libs.common.errors import BadFrame

FORMATS = ("PNG", "JPEG", "WEBP")
"""What is decoded. Pillow reads many more, which nobody needs and of which each has had its holes."""
SENT_MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
KEPT_MEDIA_TYPE = "image/webp"
SENT_BYTES = 512 * 1024
"""Longest picture that may be sent."""
MOST_PX = 4096
"""Longest side of it. Decoded it takes 64 MiB, and twice as much while it is made smaller."""
SIDE_PX = 256
"""Side of what is kept: enough for 128 points on a screen that has two pixels in each."""
KEPT_BYTES = 20 * 1024
"""How long what is kept may be."""
QUALITIES = (82, 70, 55, 40, 25, 0)
"""Of WebP, tried in this order until the picture is short enough; with the last one even noise is."""
VERSION_CHARS = 16
"""Of the hash: 64 bits, and only pictures of one person are ever told apart by it."""

_BEHIND = "white"
"""What shows where a picture is transparent: what most of them were drawn on."""
_IS_UPRIGHT = 1
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation in EXIF. Source: EXIF 2.32, tag 274."""
_TOO_MANY_PIXELS = f"At most {MOST_PX} by {MOST_PX} pixels are taken."
_NO_PICTURE = "This is no whole picture. PNG, JPEG and WebP are taken."
_TORN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow raises at bytes that are no picture, or the beginning of one."""

Image.MAX_IMAGE_PIXELS = MOST_PX * MOST_PX
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # oddities of EXIF


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as it is kept: WebP, and the version that tells it from others of that person."""

    content: bytes
    version: str


def picture_of(sent: bytes) -> Picture:
    """Return what is kept of a picture: its middle, upright; of an animation the first frame.

    The same bytes make the same picture. It takes a second at most, and holds no lock of Python for
    most of it.

    Raises:
        BadFrame: this is no PNG, JPEG or WebP, or no whole one, or it has too many pixels.
    """
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as image:
            if max(image.size) > MOST_PX:
                raise _bad(_TOO_MANY_PIXELS)
            square = _square(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _bad(_TOO_MANY_PIXELS) from None
    except _TORN:
        raise _bad(_NO_PICTURE) from None
    content = _encoded(square)
    return Picture(content=content, version=hashlib.sha256(content).hexdigest()[:VERSION_CHARS])


def _square(image: Image.Image) -> Image.Image:
    """Return the middle of a picture, upright, in a new one that holds nothing but its pixels."""
    image.draft(None, (2 * SIDE_PX, 2 * SIDE_PX))  # a large JPEG is decoded smaller at once
    shown = _in_color(image)
    width, height = shown.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    small = shown.resize(
        (SIDE_PX, SIDE_PX),
        Image.Resampling.LANCZOS,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    upright = _UPRIGHT.get(_orientation_of(image))
    if upright is not None:
        small = small.transpose(upright)
    square = Image.new("RGB", small.size, _BEHIND)
    square.paste(small, mask=small if small.mode == "RGBA" else None)
    return square


def _in_color(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Grey of 16 bits, of which Pillow would make white.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _orientation_of(image: Image.Image) -> int:
    """Return the orientation that EXIF tells; that of an upright picture where it tells none."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
    except _TORN:
        return _IS_UPRIGHT
    return found if isinstance(found, int) else _IS_UPRIGHT


def _encoded(square: Image.Image) -> bytes:
    content = b""
    for quality in QUALITIES:
        written = BytesIO()
        square.save(written, "WEBP", quality=quality, method=4)
        content = written.getvalue()
        if len(content) <= KEPT_BYTES:
            break
    return content


def _bad(what: str) -> BadFrame:
    return BadFrame(fields={"avatar": [what]})
