"""When what failed is tried again: exponentially later, and never all at the same moment."""

from collections.abc import Callable

OFFERED_AGAIN_AFTER_S = (2.0, 4.0, 8.0)
"""Pauses before a session is offered again what it was sent and did not acknowledge; then quiet."""
REFUSED_BASE_S = 1.0
OUTAGE_BASE_S = 0.5
SILENCE_BASE_S = 5.0
"""The first pause after a refusal of chat, after an answer that it cannot, and without an answer."""
OUTAGE_LONGEST_S = 15.0
SILENCE_LONGEST_S = 300.0
"""Longest pauses. A submission without an answer waits on its stream, where chat will find it; it
is only submitted again because streams may be lost."""

Random = Callable[[], float]
"""Returns a number from 0 up to 1."""


def calculate_backoff(tries: int, *, base_s: float, longest_s: float, random: Random) -> float:
    """Return how long to wait before the next try, in seconds.

    Doubles with each try up to ``longest_s``; a random half of it keeps tries apart.

    Args:
        tries: how many there were, from 1.
        base_s: the first pause.
        longest_s: the longest one.
        random: see ``Random``.
    """
    whole_s = min(longest_s, base_s * 2.0 ** min(tries - 1, 32))
    return whole_s * (0.5 + random() / 2)
