"""Sending one client away, and what has to be known of its session for that."""

from typing import Protocol

from libs.common import metrics
from libs.common.events import SessionKind

SENT_AWAY = metrics.counter(
    "parley_sessions_sent_away",
    "Sessions whose clients were asked to come back: drain, stop, age.",
    ["reason"],
)


class Listener(Protocol):
    """What the client of a session is reached by."""

    @property
    def closed(self) -> bool:
        """Whether nobody is there any more."""
        ...

    def send_away(self, after_ms: int) -> None:
        """End the session; its client comes back ``after_ms`` later."""
        ...


class Session(Protocol):
    """A session that may be sent away."""

    is_expected_back: bool
    """Set here: nobody is told of its end, because its client comes back."""
    leave_at_s: float | None
    """Set here: when it is too old, of the monotonic clock."""

    @property
    def kind(self) -> SessionKind:
        """Of which kind it is."""
        ...

    @property
    def listener(self) -> Listener:
        """What its client is reached by."""
        ...


def send_away(session: Session, *, after_ms: int, reason: str) -> None:
    """Ask the client of a session to come back, and close it; not a second time."""
    if session.listener.closed:
        return
    session.is_expected_back = True
    SENT_AWAY.labels(reason).inc()
    session.listener.send_away(after_ms)
