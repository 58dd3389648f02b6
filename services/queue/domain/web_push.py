"""What is pushed to a browser that is closed, when, and what its push service's answer means.

Nothing that somebody wrote, and no name: which room, and how many messages wait in it.
"""

import datetime as dt
import hashlib
import hmac
import json
from enum import StrEnum

from services.queue.domain.backoff import Random, calculate_backoff
from services.queue.domain.vapid import base64url

SUBSCRIPTIONS = 16
"""Most browsers of a person; the one that came last takes the place of the oldest."""
KEPT = dt.timedelta(days=30)
"""How long a subscription is kept without being handed in again, which a page does whenever it opens:
as long as chat keeps a sign-in that nobody renews. So it ends with its sign-in even where the news of
that was lost."""
ENDED_REMEMBERED = dt.timedelta(hours=1)
"""How long an ended sign-in is remembered: above the life of the tokens that were made from it, which
hold here until they end."""
AGAIN_AFTER = dt.timedelta(seconds=10)
"""From one push about a room to the next: a phone that buzzes at each line of a talk is switched off.
Long enough that a burst is two pushes, and short enough that the count is worth reading."""
TRIES = 5
"""How often it is tried to push one state of a room; the next message begins anew."""
AGAIN_BASE_S = 2.0
AGAIN_LONGEST_S = 60.0
"""The first pause after a failure, and the longest one."""
RETRY_AFTER_LONGEST_S = 3600.0
"""The longest that a push service may ask us to wait."""
LEASE = dt.timedelta(seconds=20)
"""How long a push is left to the process that took it: above all waiting of one, for a thread, for the
push service and for a thread again."""
TTL_S = 24 * 3600
"""How long a push service keeps a push for a browser that is off, in seconds: a day later the page
tells more. Above it, of what has not expired, the next message pushes again."""
TOPIC_BYTES = 24
"""Of a digest: 32 characters as base64url, the most that a topic may have (RFC 8030)."""
PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
)
"""Those of the browsers that most people have."""
FIRST_SUCCESS, FIRST_REDIRECT, FIRST_SERVER_ERROR = 200, 300, 500
GONE = frozenset({404, 410})
TOO_MANY = 429


class Outcome(StrEnum):
    """What became of a push.

    Attributes:
        PUSHED: the push service has it.
        GONE: the browser does not want any more; so the subscription ends.
        REFUSED: the push service will not have it from us, however often it is asked.
        FORBIDDEN: its host has an address that is never called.
        THROTTLED: later.
        FAILED: the push service does not work, or cannot be reached.
        TIMEOUT: it did not answer.
    """

    PUSHED = "pushed"
    GONE = "gone"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    FAILED = "failed"
    TIMEOUT = "timeout"

    @property
    def is_passing(self) -> bool:
        """Whether it may go well the next time."""
        return self in (Outcome.THROTTLED, Outcome.FAILED, Outcome.TIMEOUT)


def outcome_of(status: int) -> Outcome:
    """Tell what an answer of a push service means; a redirect is none that is followed."""
    if FIRST_SUCCESS <= status < FIRST_REDIRECT:
        return Outcome.PUSHED
    if status in GONE:
        return Outcome.GONE
    if status == TOO_MANY:
        return Outcome.THROTTLED
    return Outcome.FAILED if status >= FIRST_SERVER_ERROR else Outcome.REFUSED


def again_after_s(tries: int, *, retry_after_s: float | None, random: Random) -> float | None:
    """Return how long to wait before the next try, in seconds; None where it is given up.

    Args:
        tries: how many there were, from 1.
        retry_after_s: what the push service asked for.
        random: returns a number from 0 up to 1.
    """
    if tries >= TRIES:
        return None
    pause_s = calculate_backoff(
        tries, base_s=AGAIN_BASE_S, longest_s=AGAIN_LONGEST_S, random=random
    )
    return max(pause_s, min(retry_after_s or 0.0, RETRY_AFTER_LONGEST_S))


def retry_after_s(text: str | None) -> float | None:
    """Read a ``Retry-After`` in seconds; one that is a date, or anything else, is None."""
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return float(min(int(text[:9]), int(RETRY_AFTER_LONGEST_S)))


def payload_of(room: str, waiting: int) -> bytes:
    """Return what a browser is told."""
    return json.dumps({"room": room, "waiting": waiting}, separators=(",", ":")).encode()


def topic_of(room: str, auth: bytes) -> str:
    """Return by what a push service replaces an older push about the same room.

    It tells nothing: with the browser's own secret in it a room has another one for each browser, so
    nobody on the way learns who sits in a room together.
    """
    digest = hmac.digest(auth, room.encode(), hashlib.sha256)
    return base64url(digest[:TOPIC_BYTES])


def name_of_host(host: str) -> str:
    """Return by what name a push service stands in metrics: whoever subscribes chooses its host."""
    for known in PUSH_SERVICES:
        if host == known or host.endswith(f".{known}"):
            return known
    return "other"
