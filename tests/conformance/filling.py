"""What is sent: a JSON value of the data with its placeholders filled in.

``$room`` becomes what it is bound to, of the same type where nothing else stands in the text;
``<null>`` is null, ``<new uuid>`` another one each time, ``<x * 4097>`` so many of what stands before
the asterisk, in which ``#`` is the number of each.
"""

import re
import uuid
from typing import Any

from tests.conformance.matching import NAME, Known, put

TIMES = re.compile(r"<([^<]+?) \* (\d+)>", re.DOTALL)
NEW_UUID = "<new uuid>"


def fill(value: Any, known: Known) -> Any:
    """Return a value as it is sent.

    Raises:
        LookupError: a name in it is bound to nothing.
    """
    match value:
        case dict():
            return {put(member, known): fill(item, known) for member, item in value.items()}
        case list():
            return [fill(item, known) for item in value]
        case "<null>":
            return None
        case str():
            return _fill_text(value, known)
    return value


def _fill_text(text: str, known: Known) -> Any:
    if alone := NAME.fullmatch(text):
        return known[alone[1]]
    text = text.replace(NEW_UUID, str(uuid.uuid4()))
    return put(TIMES.sub(_repeat, text), known)


def _repeat(found: re.Match[str]) -> str:
    return "".join(found[1].replace("#", str(number)) for number in range(1, int(found[2]) + 1))
