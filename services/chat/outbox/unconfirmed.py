"""Claims that Redis has taken, and of which nothing has been heard since.

Redis may lose them before the receipts service reads them; so they are kept until an advance shows
that they arrived, but not for ever. At most one place for each member of a room.
"""

from dataclasses import dataclass

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.events import Receipt
from services.chat.domain.claims import Claims, Key, Marks

OLD_AFTER_S = 10.0
"""Age at which it is looked up whether a claim has arrived: an advance is told only once, and only
where something moved."""
OUTDATED_AFTER_S = 3600.0
"""Age at which a claim is given up: the stream keeps nothing for longer either."""

UNCONFIRMED = metrics.gauge(
    "parley_claims_unconfirmed", "Members whose claim Redis has taken, and nobody has confirmed."
)
GIVEN_UP = metrics.counter(
    "parley_claims_given_up", "Claims of which nothing was heard for an hour."
)


@dataclass(slots=True)
class _Kept:
    claims: Claims
    since_s: float


class Unconfirmed:
    """One for each reporter."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Key, _Kept] = {}

    def add(self, key: Key, claims: Claims) -> None:
        """Keep claims that went out just now, merged with those that did before."""
        if not claims.receipts:
            return
        kept = self._kept.get(key)
        merged = claims if kept is None else kept.claims.merged(claims)
        self._kept[key] = _Kept(merged, self._clock.monotonic())
        UNCONFIRMED.set(len(self._kept))

    def confirm(self, key: Key, marks: Marks) -> None:
        """Forget what a member is known to have reached."""
        kept = self._kept.get(key)
        if kept is not None:
            kept.claims = kept.claims.beyond(marks)
            if not kept.claims.receipts:
                self.forget(key)

    def forget(self, key: Key) -> None:
        """Forget what a member claims."""
        self._kept.pop(key, None)
        UNCONFIRMED.set(len(self._kept))

    def covers(self, key: Key, receipt: Receipt) -> bool:
        """Tell whether a claim adds nothing to what is kept."""
        kept = self._kept.get(key)
        return kept is not None and kept.claims.covers(receipt)

    def old(self) -> list[Key]:
        """Return those of whom nothing was heard for ``OLD_AFTER_S``."""
        before_s = self._clock.monotonic() - OLD_AFTER_S
        return [key for key, kept in self._kept.items() if kept.since_s <= before_s]

    def drop_outdated(self) -> None:
        """Give up what is older than ``OUTDATED_AFTER_S``."""
        before_s = self._clock.monotonic() - OUTDATED_AFTER_S
        for key in [key for key, kept in self._kept.items() if kept.since_s <= before_s]:
            GIVEN_UP.inc(len(self._kept[key].claims.receipts))
            self.forget(key)

    def take_all(self) -> dict[Key, Claims]:
        """Hand over everything, and keep nothing."""
        kept, self._kept = self._kept, {}
        UNCONFIRMED.set(0)
        return {key: each.claims for key, each in kept.items()}
