"""How long the writer waits for company before a call. No I/O."""

LONGEST_COLLECT_S = 0.025
"""Where calls take long there is much to do, and company saves more than it costs to wait for it: as
much as twice the last call is collected for, but no longer than this."""


def collecting_s(least_s: float, *, took_s: float) -> float:
    """Return how long to collect, given how long the last call took."""
    return max(least_s, min(2 * took_s, LONGEST_COLLECT_S))
