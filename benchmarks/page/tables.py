"""Figures as cells of a table."""

import math
from collections.abc import Sequence

HEAD = ("", "n", "p50", "p95", "p99", "most")
SHARES = (0.50, 0.95, 0.99, 1.0)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that so large a share of all does not exceed; NaN where there is none."""
    if not values:
        return float("nan")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def spread(values: Sequence[float]) -> list[str]:
    """Return the cells below ``HEAD``, but for the first."""
    return [str(len(values)), *(f"{percentile(values, share):.1f}" for share in SHARES)]
