"""Pictures that tests send, and what is seen of one that came back."""

from io import BytesIO
from typing import Any

from PIL import ExifTags, Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
NEAR = 40
"""How far a colour may be from what was painted: WebP keeps colours roughly."""


def written(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture in a format."""
    text = BytesIO()
    image.save(text, kind, **options)
    return text.getvalue()


def painted(color: Any = RED, size: tuple[int, int] = (300, 200), mode: str = "RGB") -> Image.Image:
    """Return a picture of one colour."""
    return Image.new(mode, size, color)


def banded(size: tuple[int, int] = (600, 300)) -> Image.Image:
    """Return a picture that is red left, green in the middle square, and blue right."""
    width, height = size
    image = painted(RED, size)
    image.paste(GREEN, ((width - height) // 2, 0, (width + height) // 2, height))
    image.paste(BLUE, ((width + height) // 2, 0, width, height))
    return image


def marked(corner: Any = BLUE) -> Image.Image:
    """Return a green square whose upper left quarter is of another colour."""
    image = painted(GREEN, (256, 256))
    image.paste(corner, (0, 0, 128, 128))
    return image


def oriented(orientation: int, **more: Any) -> Image.Exif:
    """Return EXIF that tells an orientation, where the picture was taken, and with what."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 31.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    return exif


def read(content: bytes) -> Image.Image:
    """Return the pixels of a picture."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def is_like(found: Any, color: tuple[int, int, int]) -> bool:
    """Tell whether a pixel has about that colour."""
    return all(abs(one - other) <= NEAR for one, other in zip(found, color, strict=True))
