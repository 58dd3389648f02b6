"""What the views stand on: the parts of the process that HTTP uses."""

from collections.abc import Callable, Sequence
from typing import cast

import msgspec
from django.http import HttpRequest

from libs.common.breakers import Guarded
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.http.parts import parts_behind
from libs.common.rates.keyed import KeyedLimit
from libs.common.streams.dead_letters import DeadLetters
from libs.common.tokens import Verifier
from services.queue.actions.rounds import Rounds
from services.queue.domain.endpoints import EndpointRules


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the process that HTTP uses; ``asgi`` gives one to all requests.

    Attributes:
        submissions: what is to be poked when a message was queued.
        guarded: returns the breakers of the process; those before push services come and go.
        push_key: with which browsers subscribe to Web Push; None where it is off.
        endpoints: to which push services.
    """

    database: DatabaseThreads
    clock: Clock
    submissions: Rounds
    verifier: Verifier
    requests: KeyedLimit
    guarded: Callable[[], Sequence[Guarded]] = tuple
    push_key: str | None = None
    endpoints: EndpointRules = EndpointRules()
    dead_letters: Sequence[DeadLetters] = ()

    @property
    def breakers(self) -> Sequence[Guarded]:
        """All breakers of the process."""
        return self.guarded()


def parts_of(request: HttpRequest) -> Parts:
    """Return the parts that serve this request."""
    return cast(Parts, parts_behind(request))
