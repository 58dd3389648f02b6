"""What PostgreSQL's refusals mean for a batch of messages.

Source: PostgreSQL, appendix A, "Error Codes" (SQLSTATE; the first two characters are the class).
"""

from enum import Enum, auto


class Failure(Enum):
    """What to do after a statement that was refused. Nothing of it was written."""

    REPEAT = auto()
    """It met another transaction: the same statement may succeed at once."""
    DATA = auto()
    """One of the messages cannot be stored: find it, and let the others through."""
    DOWN = auto()
    """PostgreSQL cannot write at present: say ``unavailable`` and try again later."""
    BUG = auto()
    """Neither the data nor the server is at fault."""


_REPEAT = frozenset({"40001", "40P01", "55P03", "57014"})
_CLASSES = {
    "22": Failure.DATA,
    "23": Failure.DATA,
    "54": Failure.DATA,
    "P0": Failure.DATA,
    "08": Failure.DOWN,
    "25": Failure.DOWN,
    "53": Failure.DOWN,
    "57": Failure.DOWN,
    "58": Failure.DOWN,
    "XX": Failure.DOWN,
}


def judge_failure(sqlstate: str) -> Failure:
    """Say what a refusal with this SQLSTATE (five characters) asks for."""
    if sqlstate in _REPEAT:
        return Failure.REPEAT
    return _CLASSES.get(sqlstate[:2], Failure.BUG)
