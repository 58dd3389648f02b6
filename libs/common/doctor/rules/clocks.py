"""Two clocks, and the way between: the same for every server."""

from libs.common.doctor.checks import Check, Finding
from libs.common.tokens import CLOCK_SKEW_S

APART_S = 1.0
"""By how much clocks of one installation may differ before somebody should look."""
SLOW_MS = 50.0
"""A round trip above this is felt in every message."""


def judge_clock(check: Check, about: str, *, ahead_s: float) -> Finding:
    """Judge a server's clock.

    Args:
        check: whose.
        about: likewise.
        ahead_s: by how much it is ahead of ours; below 0 it is behind.
    """
    apart_s = abs(ahead_s)
    seen = f"Its clock is {apart_s:.2f} s {'ahead of' if ahead_s >= 0 else 'behind'} ours."
    if apart_s > CLOCK_SKEW_S:
        return check.wrong(about, seen, "Set the clocks by NTP: tokens are refused otherwise.")
    if apart_s > APART_S:
        return check.look(about, seen, "See that NTP runs on both machines.")
    return check.ok(about, "Its clock and ours agree within a second.")


def judge_latency(check: Check, about: str, *, best_ms: float) -> Finding:
    """Judge the shortest of some round trips."""
    if best_ms > SLOW_MS:
        return check.look(
            about,
            f"A round trip takes {best_ms:.0f} ms at best.",
            "Bring it nearer, or find out what keeps it busy.",
        )
    return check.ok(about, f"A round trip takes less than {SLOW_MS:.0f} ms.")
