"""The pictures of the README: drawn anew, and still those that are shown there.

Fonts and browsers differ between machines, so what is compared is where it is light and dark.
"""

import re

from PIL import Image, ImageChops, ImageStat

from dev.pictures.__main__ import ICONS, PICTURES
from dev.pictures.icons import DRAWING, draw_icons
from dev.pictures.scenes import draw_scenes
from dev.settings import ROOT

COARSE = (24, 24)
ALIKE = 16
"""How much a coarse picture may differ from its like, on the average of its dots, of 255."""
NAMED = re.compile(r"docs/pictures/([\w.-]+)")


def difference(one, other):
    """Return how much two pictures differ, roughly."""
    coarse = [picture.convert("L").resize(COARSE) for picture in (one, other)]
    return ImageStat.Stat(ImageChops.difference(*coarse)).mean[0]


def test_the_pictures_of_the_readme_show_what_there_is(chromium, seeded, tmp_path):
    drawn = draw_scenes(chromium, seeded, tmp_path)

    assert {file.name for file in drawn} == {file.name for file in PICTURES.iterdir()}
    for file in drawn:
        with Image.open(file) as fresh, Image.open(PICTURES / file.name) as shown:
            assert (file.name, fresh.size) == (file.name, shown.size)
            assert difference(fresh, shown) < ALIKE, file.name


def test_the_readme_shows_every_picture():
    text = (ROOT / "README.md").read_text()

    assert set(NAMED.findall(text)) == {file.name for file in PICTURES.iterdir()}


def test_the_icons_are_those_of_the_drawing(chromium, tmp_path):
    (tmp_path / DRAWING).write_text((ICONS / DRAWING).read_text())

    for file in draw_icons(chromium, tmp_path):
        with Image.open(file) as fresh, Image.open(ICONS / file.name) as shown:
            assert fresh.size == shown.size
            assert difference(fresh, shown) < 1


def test_another_picture_would_be_noticed():
    with Image.open(PICTURES / "desk.png") as light, Image.open(PICTURES / "desk-dark.png") as dark:
        assert difference(light, dark) > ALIKE
