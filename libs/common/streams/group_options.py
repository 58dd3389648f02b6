"""The times and sizes of a consumer group's loop.

``claim_after_ms`` must be longer than the longest handling of a batch, or two replicas will work on
the same entries.
"""

from dataclasses import dataclass

from libs.common.redis_clients import GROUP_BLOCK_MS
from libs.common.streams.verdicts import CLAIM_AFTER_MS


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """The times and sizes of a loop; the defaults are for production.

    Attributes:
        batch: most entries handled at once.
        block_ms: how long one read waits for news.
        every_s: shortest time from one batch to the next, so that what comes in between is handled
            together; the first after a pause is handled at once.
        claim_after_ms: idle time after which an entry of another consumer is taken over.
        retry_after_s: pause before an entry that failed alone is tried again.
        upkeep_every_s: pause between two rounds of claiming and measuring.
        stale_after_ms: idle time after which a consumer without pending entries is removed.
        outage_waits_s: waits while a handler's dependency is down and no breaker says how long;
            the last repeats.
    """

    batch: int = 100
    block_ms: int = GROUP_BLOCK_MS
    every_s: float = 0.0
    claim_after_ms: int = CLAIM_AFTER_MS
    retry_after_s: float = 1.0
    upkeep_every_s: float = 5.0
    stale_after_ms: int = 300_000
    outage_waits_s: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0)
