"""The beginning of a message, on one line, for where the whole of it has no place."""

import unicodedata

PREVIEW_CHARS = 120
"""Longest preview, in code points."""
ELLIPSIS = "…"
STEPS_BACK = 24
"""How far a cut moves towards the beginning, so as to part no sign that people see as one."""

_JOINER = "\u200d"
_FIRST_FLAG, _LAST_FLAG = "\U0001f1e6", "\U0001f1ff"
_FIRST_TONE, _LAST_TONE = "\U0001f3fb", "\U0001f3ff"


def preview(content: str) -> str:
    """Return a content on one line, cut with an ellipsis where it is longer."""
    text = " ".join(content.split())
    if len(text) <= PREVIEW_CHARS:
        return text
    cut = longest = PREVIEW_CHARS - len(ELLIPSIS)
    while longest - cut < STEPS_BACK and _parts_a_sign(text, cut):
        cut -= 1
    return text[: longest if _parts_a_sign(text, cut) else cut].rstrip() + ELLIPSIS


def _parts_a_sign(text: str, at: int) -> bool:
    """Tell whether a cut before ``text[at]`` would part what belongs together.

    Not all of Unicode's rules (UAX 29): accents, joined and tinted emoji, and flags.
    """
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or _FIRST_TONE <= after <= _LAST_TONE:
        return True
    if unicodedata.category(after).startswith("M"):
        return True
    flags = 0
    while flags < at and _FIRST_FLAG <= text[at - 1 - flags] <= _LAST_FLAG:
        flags += 1
    return flags % 2 == 1 and _FIRST_FLAG <= after <= _LAST_FLAG
