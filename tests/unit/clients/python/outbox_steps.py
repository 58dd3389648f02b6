"""Steps of tests with an outbox: what is written, what goes, and what it meets."""

from typing import Any

from clients.python.parley.errors import ParleyError, Unavailable
from clients.python.parley.outbox import Outbox
from clients.python.parley.pending import RETRIES, Draft, Pending, Request


def add(outbox: Outbox, content: str, room: str = "r", **more: Any) -> Pending:
    draft = Draft(room=room, content=content)
    return outbox.add(draft, **{"now": 0, "deadline": 1000.0, **more})


def frames(outbox: Outbox, now: float) -> list[Any]:
    return outbox.due(now, online=True).frames


def requests(outbox: Outbox, now: float, *, online: bool = True) -> list[Request]:
    return outbox.due(now, online=online).requests


def contents(sent: list[Any]) -> list[str]:
    return [getattr(one, "draft", one).content for one in sent]


def standings(outbox: Outbox) -> list[str]:
    return [one.standing.value for one in outbox]


def miss(
    outbox: Outbox, now: float = 0, *, error: ParleyError | None = None, online: bool = True
) -> Request:
    """Let the one request that is due meet an outage, or another error."""
    [request] = requests(outbox, now, online=online)
    outbox.missed(request, error or Unavailable(), now)
    return request


def queue(outbox: Outbox, content: str, now: float = 0) -> Pending:
    """Add a message that ends with the queue service."""
    pending = add(outbox, content)
    outbox.due(now, online=True)
    outbox.refused(pending.ref, Unavailable(), now=now)
    miss(outbox, now)
    [request] = requests(outbox, now)
    outbox.queued(request, now)
    return pending


def strand(outbox: Outbox, content: str) -> Pending:
    """Add a message that fails because nothing can be reached."""
    pending = add(outbox, content)
    for climb in range(RETRIES + 1):
        now = 10.0 * climb
        outbox.due(now, online=True)
        outbox.refused(pending.ref, Unavailable(), now=now)
        miss(outbox, now)
        miss(outbox, now)
    return pending
