"""Who may come in. Whoever is in stays: nothing here ends a session.

A newcomer is who opens a WebSocket or a long poll, or signs in. What members do over sockets that
are open, and over HTTP, is bounded elsewhere.
"""

import contextlib
import random
from collections.abc import Callable, Collection, Iterator
from typing import NoReturn

from libs.common import metrics
from libs.common.errors import RateLimited, Unavailable
from libs.common.rates.keyed import KeyedLimit, key_of_address
from services.chat.domain.pressure import Level, Pressure

COME_BACK_S = (2.0, 6.0)
"""When a newcomer who is refused may try again, at random in between: not all at the same time."""
TOO_MANY_S = 30.0
"""When somebody with too many connections may try again."""

REFUSED = metrics.counter(
    "parley_newcomers_refused",
    "Connections and sign-ins that were refused: address, person, connections, overloaded, "
    "draining.",
    ["reason"],
)
for reason in ("address", "person", "connections", "overloaded", "draining"):
    REFUSED.labels(reason)  # from 0, or the first ones would be no increase
SOCKETS = metrics.gauge("parley_sockets", "Accepted WebSockets, signed in or not.")
ACCEPTED = metrics.counter("parley_sockets_accepted", "WebSockets that were accepted.")


class Admission:
    """One per process.

    Args:
        pressure: at which newcomers are refused.
        handshakes: how many WebSockets an address may open.
        sessions_of: returns a person's sessions in this process.
        most_of_one: sessions that one person may have.
        most_sockets: WebSockets of this process.
    """

    def __init__(
        self,
        *,
        pressure: Pressure,
        handshakes: KeyedLimit,
        sessions_of: Callable[[str], Collection[object]],
        most_of_one: int,
        most_sockets: int,
    ) -> None:
        self._pressure = pressure
        self._handshakes = handshakes
        self._sessions_of = sessions_of
        self._most_of_one = most_of_one
        self._most_sockets = most_sockets
        self._sockets = 0
        self._closed = False

    def close(self) -> None:
        """Refuse all newcomers from now on: the process is about to stop."""
        self._closed = True

    @property
    def is_open(self) -> bool:
        """Whether newcomers are wanted at all."""
        return not self._closed

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count a WebSocket for as long as the block lasts."""
        self._sockets += 1
        SOCKETS.inc()
        ACCEPTED.inc()
        try:
            yield
        finally:
            self._sockets -= 1
            SOCKETS.dec()

    def check_handshake(self, address: str) -> None:
        """Let an address open one more WebSocket; it is counted already.

        Raises:
            RateLimited: too many have come from there.
            Unavailable: nobody is let in; ``retry_after_s`` says when to try again.
        """
        try:
            self._handshakes.check(key_of_address(address))
        except RateLimited:
            REFUSED.labels("address").inc()
            raise
        if self._sockets > self._most_sockets:
            _refuse("connections")
        self.check_newcomer()

    def check_newcomer(self) -> None:
        """Let somebody in who is not in yet.

        Raises:
            Unavailable: nobody is let in; ``retry_after_s`` says when to try again.
        """
        if self._closed:
            _refuse("draining")
        if self._pressure.level is Level.OVERLOADED:
            _refuse("overloaded")

    def check_person(self, user: str) -> None:
        """Let somebody have one more session.

        Raises:
            RateLimited: they have too many already.
        """
        if len(self._sessions_of(user)) >= self._most_of_one:
            REFUSED.labels("person").inc()
            raise RateLimited("Too many connections.", retry_after_s=TOO_MANY_S)


def _refuse(reason: str) -> NoReturn:
    REFUSED.labels(reason).inc()
    raise Unavailable(retry_after_s=random.uniform(*COME_BACK_S))  # noqa: S311 - no secret
