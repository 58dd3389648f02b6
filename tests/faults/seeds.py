"""What chance decides in the tests of a day, so that all have their turn, and a day can be repeated."""

from dev.settings import environment
from libs.common.clock import SystemClock


def seed_of_the_day() -> int:
    """Return SEED where it is set, else the number of the day."""
    return int(environment().get("SEED") or SystemClock().now().toordinal())
