"""The page about bots holds the whole program of examples/bot, in its order."""

import re

from tests.unit.docs import pages

PAGE = (pages.DOCS / "write-a-bot.md").read_text(encoding="utf-8")
FOLDER = pages.ROOT / "examples" / "bot"


def lines_of(text):
    return [line for line in text.splitlines() if line]


def test_its_pieces_are_the_program():
    pieces = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    program = (FOLDER / "bot.py").read_text(encoding="utf-8")

    assert lines_of("".join(pieces)) == lines_of(program)


def test_the_page_of_its_folder_starts_it_likewise():
    here = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (there,) = re.findall(
        r"^```sh\n(.*?)^```$",
        (FOLDER / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )

    assert lines_of(there) == lines_of("".join(here))
