"""Limits that no test reaches that is not about them."""

from libs.common.clock import ManualClock
from libs.common.rates.keyed import KeyedLimit


def generous_limit() -> KeyedLimit:
    """Return a limit of a thousand at once."""
    return KeyedLimit(ManualClock(), per_s=1_000, burst=1_000)
