"""What the views stand on: the parts of the process that HTTP uses."""

from collections.abc import Sequence
from typing import cast

import msgspec
from django.http import HttpRequest
from redis.asyncio import Redis

from libs.common.breakers import Breaker, Guarded
from libs.common.database import DatabaseThreads
from libs.common.http.parts import parts_behind
from libs.common.rates.keyed import KeyedLimit
from libs.common.streams.dead_letters import DeadLetters
from libs.common.tokens import Verifier
from services.presence.store.sessions import SessionStore


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the process that HTTP uses; ``asgi`` gives one to all requests.

    Attributes:
        redis: for short questions, and ``store`` on it; to be called through ``breaker``.
    """

    database: DatabaseThreads
    redis: Redis
    store: SessionStore
    breaker: Breaker
    verifier: Verifier
    requests: KeyedLimit
    breakers: Sequence[Guarded] = ()
    dead_letters: Sequence[DeadLetters] = ()


def parts_of(request: HttpRequest) -> Parts:
    """Return the parts that serve this request."""
    return cast(Parts, parts_behind(request))
