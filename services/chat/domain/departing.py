"""How clients are sent away so that they do not come back all at the same time. No I/O.

What one would get wrong: a client that comes back late is no harm to its person's presence, since
the end of its session is held back (``EXPECTED_BACK_S``); it only is out of reach for so long.
"""

import math

SHORTEST_AFTER_MS = 200
LONGEST_AFTER_MS = 1_200
"""When a client that is sent away comes back, at random in between: for longer than the time from
one batch to the next, so that the batches run into each other."""
TOGETHER_PER_S = 500
"""How many come back in a second, where all are sent away at once."""
LATEST_AFTER_MS = 8_000
"""However many they are: below ``EXPECTED_BACK_S``, with the time that coming back takes."""
EXPECTED_BACK_S = 10.0
"""How long nobody is told that a session has closed whose client was asked to come back. Two tries
that fail fit into it; presence itself then waits for 5 s, as after any close."""
BATCH_EVERY_S = 0.25
AGE_SPREAD = 0.15
"""By which share the greatest age of a connection differs from one to the next, up and down."""
STOP_S = 12.0
"""What a process needs at most from its last batch to its end, with every dependency away."""


def batches_of(window_s: float) -> int:
    """Return in how many batches a window is divided; at least one."""
    return max(1, math.ceil(window_s / BATCH_EVERY_S))


def share_of(left: int, *, batches: int) -> int:
    """Return how many of those who are left go now, with so many batches to come, this one too.

    Few go one by one, and are gone before the window is over.
    """
    return math.ceil(left / batches)


def after_ms(chance: float) -> int:
    """Return when a client comes back that is sent away with few others.

    Args:
        chance: a random number in [0, 1).
    """
    return round(SHORTEST_AFTER_MS + chance * (LONGEST_AFTER_MS - SHORTEST_AFTER_MS))


def after_ms_together(chance: float, *, count: int) -> int:
    """Return when a client comes back that is sent away together with all others.

    It stays away for at least the longest pause of ``after_ms``: the process may be about to start
    again, and there may be no other.
    """
    spread_ms = max(LONGEST_AFTER_MS, count * 1_000 // TOGETHER_PER_S)
    return round(LONGEST_AFTER_MS + chance * min(spread_ms, LATEST_AFTER_MS - LONGEST_AFTER_MS))


def age_of(greatest_s: float, chance: float) -> float:
    """Return how old one connection may get, in seconds.

    Args:
        greatest_s: on average.
        chance: a random number in [0, 1).
    """
    return greatest_s * (1 + AGE_SPREAD * (2 * chance - 1))
