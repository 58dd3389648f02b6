"""What the image is made of."""

from fnmatch import fnmatch

import pytest

from dev.settings import ROOT


def copied_from_here():
    """Return what the Dockerfile copies from the repository."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    words = [line.split()[1:] for line in lines if line.startswith("COPY ")]
    return sorted(
        {
            source.rstrip("/")
            for each in words
            if not each[0].startswith("--from")
            for source in each[:-1]
        }
    )


def sent():
    """Return the patterns of what Docker is sent: all else is kept from it."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


@pytest.mark.parametrize("source", copied_from_here())
def test_what_is_copied_is_there_and_sent(source):
    assert (ROOT / source).exists()
    assert any(fnmatch(source, pattern) or source.startswith(f"{pattern}/") for pattern in sent())
