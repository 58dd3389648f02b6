"""How fast one connection may send: of each kind of frame, and of all together.

What is too fast is refused with ``rate_limited`` first. Only who goes on and on about it is closed:
refusals have a bucket of their own.
"""

from dataclasses import dataclass

from libs.common.rates.bucket import TokenBucket

REFUSALS_PER_S = 10
REFUSALS_BURST = 500
"""Refused frames that are borne: a client that pours its outbox out learns from the first of them
when to go on, but has sent the others already."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and so many at once."""

    per_s: int
    burst: int

    def bucket(self) -> TokenBucket:
        """Return a full bucket."""
        return TokenBucket(per_s=self.per_s, burst=self.burst)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one connection may send.

    Attributes:
        frames: of any kind.
        frame_bytes: of all frames together.
        receipts: above it they wait and are merged; none is refused.
    """

    frames: Rate
    frame_bytes: Rate
    messages: Rate
    typing: Rate
    receipts: Rate


class Pace:
    """The buckets of one connection. Each method returns 0, or the seconds to wait."""

    def __init__(self, rates: Rates) -> None:
        self._frames = rates.frames.bucket()
        self._bytes = rates.frame_bytes.bucket()
        self._messages = rates.messages.bucket()
        self._typing = rates.typing.bucket()
        self._receipts = rates.receipts.bucket()
        self._refusals = TokenBucket(per_s=REFUSALS_PER_S, burst=REFUSALS_BURST)

    def frame(self, size_bytes: int, now_s: float) -> float:
        """Take a frame of any kind."""
        return self._frames.take(now_s) or self._bytes.take(now_s, size_bytes)

    def message(self, now_s: float) -> float:
        """Take a message, or a repetition of one."""
        return self._messages.take(now_s)

    def typing(self, now_s: float) -> float:
        """Take a keystroke."""
        return self._typing.take(now_s)

    def receipt(self, now_s: float) -> float:
        """Take a receipt."""
        return self._receipts.take(now_s)

    def is_borne(self, now_s: float) -> bool:
        """Take a refusal; tell whether the connection is borne any longer."""
        return self._refusals.take(now_s) == 0
