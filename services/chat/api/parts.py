"""What the views stand on: the parts of the process.

``asgi`` gives one ``Parts`` to all requests; ``parts_of`` finds it again.
"""

import functools
from collections.abc import Sequence
from typing import Protocol, cast

import msgspec
from django.http import HttpRequest

from libs.common.breakers import Guarded
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.events import Receipt
from libs.common.external_tokens import ExternalVerifier
from libs.common.http.parts import parts_behind
from libs.common.rates.allowances import Allowances
from libs.common.rates.bucket import TokenBucket
from libs.common.rates.keyed import KeyedLimit
from libs.common.streams.dead_letters import DeadLetters
from libs.common.tokens import Issuer, Verifier
from services.chat.admission import Admission
from services.chat.api.polls import Polls
from services.chat.api.studio import Studio
from services.chat.api.throttle import SignInThrottle
from services.chat.domain.drafts import Draft, Stored
from services.chat.selectors.inquiry import Inquiry


class Writer(Protocol):
    """What writes messages."""

    async def send(self, draft: Draft) -> Stored:
        """Return the message once it is committed, or raise a ``ParleyError``."""
        ...


class Relay(Protocol):
    """What publishes the outbox."""

    def poke(self) -> None:
        """Look now: something was committed that is to be announced."""
        ...


class Signals(Protocol):
    """What tells every process at once, and need not arrive."""

    def revoked(self, user: str, sids: Sequence[str]) -> None:
        """Have the sockets of these sign-ins of a user closed, which have ended."""
        ...


class Reporter(Protocol):
    """What publishes claims of having received and read."""

    def report(self, receipt: Receipt) -> None:
        """Publish a claim soon; it was judged before."""
        ...


class PrivateReading(Protocol):
    """What knows which of the people connected here read privately."""

    def hear(self, user: str, *, is_private: bool) -> None:
        """Take note of what somebody has changed; after the commit, never before."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the process that HTTP uses; ``external`` where an issuer is configured.

    ``failures_noted`` bounds how many failed sign-ins become rows of the audit log, ``pictures`` how
    many pictures a person sends.
    """

    database: DatabaseThreads
    writer: Writer
    relay: Relay
    signals: Signals
    clock: Clock
    tokens: Issuer
    verifier: Verifier
    requests: KeyedLimit
    admission: Admission
    message_allowances: Allowances
    polls: Polls
    reporter: Reporter
    private_reading: PrivateReading
    failures_noted: TokenBucket
    pictures: KeyedLimit
    studio: Studio
    inquiry: Inquiry
    staff_reads_messages: bool = False
    external: ExternalVerifier | None = None
    breakers: Sequence[Guarded] = ()
    dead_letters: Sequence[DeadLetters] = ()


def parts_of(request: HttpRequest) -> Parts:
    """Return the parts that serve this request."""
    return cast(Parts, parts_behind(request))


def address_of(request: HttpRequest) -> str:
    """Return where a client is: behind trusted proxies what they say of it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def tell_ended(parts: Parts, *, user_id: str, sids: Sequence[str]) -> None:
    """Have it told everywhere that sign-ins of a user have ended; after the commit, never before.

    Both ways at once: the outbox, which arrives, and a signal, which is faster. Returns at once.
    """
    parts.relay.poke()
    parts.signals.revoked(user_id, sids)


@functools.cache
def sign_in_throttle() -> SignInThrottle:
    """Return the process's only throttle; made at the first use, because it reads the settings."""
    from services.chat.settings import CHAT

    return SignInThrottle(CHAT.sign_in_per_minute)
