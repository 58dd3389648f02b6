"""What an incoming row comes to, from whatever was told of its member in whatever order.

The rule of ``actions/incoming.py``, where it is one SQL statement; a test holds both to each other.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Self

EXPIRES_AFTER = dt.timedelta(days=7)
"""What nobody received for so long is not pushed any more."""


@dataclass(frozen=True, slots=True)
class Behind:
    """How far a member is behind.

    Attributes:
        from_seq: what they have received, or need not any more.
        to_seq: the head at which they were told to lag; 0 where they never were.
    """

    from_seq: int = 0
    to_seq: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether nothing waits."""
        return self.from_seq >= self.to_seq

    def lagging(self, delivered_seq: int, head: int) -> Self:
        """Return it after the news that they lag."""
        return self._and(delivered_seq, head)

    def caught_up(self, delivered_seq: int) -> Self:
        """Return it after the news that they have received everything up to there."""
        return self._and(delivered_seq, 0)

    def _and(self, from_seq: int, to_seq: int) -> Self:
        return type(self)(max(self.from_seq, from_seq), max(self.to_seq, to_seq))
