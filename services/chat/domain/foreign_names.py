"""What somebody who comes from another system is called here.

Their names were made by other rules, so they are made to fit instead of being refused. A name that
is like somebody else's gets a suffix; it never makes one of two people.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator

from libs.common.errors import BadFrame
from services.chat.domain.names import DISPLAY_NAME_CHARS, USERNAME_PATTERN, display_name_of

USERNAME_CHARS = 32
NUMBERED = range(2, 5)
"""Suffixes that are tried in this order, before those that are drawn."""
DRAWN = 5
"""Suffixes that are drawn: of six hexadecimal digits, hardly one is taken."""
_FALLBACK = "user"
_OTHERS = re.compile(r"[^A-Za-z0-9_.\-]+")


def usernames_for(*wishes: str | None) -> Iterator[str]:
    """Yield usernames to try, best first: like the first wish of which something is left.

    Of an address only the part before the ``@`` counts; accents go, other characters become dots.
    """
    stem = next((fitted for wish in wishes if (fitted := _fitted(wish or ""))), _FALLBACK)
    numbered = (str(number) for number in NUMBERED)
    drawn = (f"-{secrets.token_hex(3)}" for _ in range(DRAWN))
    for suffix in ("", *numbered, *drawn):
        username = stem[: USERNAME_CHARS - len(suffix)] + suffix
        if re.fullmatch(USERNAME_PATTERN, username):
            yield username


def display_name_for(*wishes: str | None) -> str:
    """Return the first wish that can be shown, without what a name must not hold.

    Raises:
        BadFrame: none of them can be.
    """
    for wish in wishes[:-1]:
        try:
            return _shown(wish or "")
        except BadFrame:
            continue
    return _shown(wishes[-1] or "")


def _fitted(wish: str) -> str:
    plain = unicodedata.normalize("NFKD", wish.partition("@")[0])
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return _OTHERS.sub(".", letters).strip("._-")[:USERNAME_CHARS]


def _shown(wish: str) -> str:
    """Return a display name, in one line and without characters that nobody sees."""
    kept = "".join(char for char in " ".join(wish.split()) if _may_stand(char))
    return display_name_of(kept[:DISPLAY_NAME_CHARS])


def _may_stand(char: str) -> bool:
    try:
        # Beside a letter: alone, what is merely invisible would be refused as well.
        display_name_of(f"x{char}x")
    except BadFrame:
        return False
    return True
