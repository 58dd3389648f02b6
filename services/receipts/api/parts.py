"""What the views stand on: the parts of the process that HTTP uses."""

from collections.abc import Sequence
from typing import cast

import msgspec
from django.http import HttpRequest

from libs.common.breakers import Guarded
from libs.common.database import DatabaseThreads
from libs.common.http.parts import parts_behind
from libs.common.rates.keyed import KeyedLimit
from libs.common.streams.dead_letters import DeadLetters
from libs.common.tokens import Verifier


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the process that HTTP uses; ``asgi`` gives one to all requests."""

    database: DatabaseThreads
    verifier: Verifier
    requests: KeyedLimit
    breakers: Sequence[Guarded] = ()
    dead_letters: Sequence[DeadLetters] = ()


def parts_of(request: HttpRequest) -> Parts:
    """Return the parts that serve this request."""
    return cast(Parts, parts_behind(request))
