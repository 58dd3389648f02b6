"""How fast something grows, from many looks at it."""

from collections.abc import Sequence
from statistics import StatisticsError, linear_regression

S_PER_MIN = 60


def per_minute(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line that fits (seconds, value) best; 0 for fewer than two points."""
    try:
        fitted = linear_regression(*zip(*points, strict=True))
    except (StatisticsError, TypeError):
        return 0.0
    return fitted.slope * S_PER_MIN
